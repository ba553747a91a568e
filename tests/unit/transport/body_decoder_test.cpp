// One layer of compression, whole or in pieces, honest or hostile.
#include "daemon/transport/body_decoder.h"

#include <brotli/encode.h>
#include <doctest/doctest.h>
#include <zlib.h>
#include <zstd.h>

#include <array>

namespace modelvane {
namespace {

using Result = BodyDecoder::Result;

constexpr std::size_t kPlenty = 1024 * 1024;

std::string deflated(std::string text, int window_bits) {
  z_stream stream{};
  deflateInit2(&stream, 9, Z_DEFLATED, window_bits, 9, Z_DEFAULT_STRATEGY);
  std::string packed(deflateBound(&stream, text.size()) + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(text.data());
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  deflate(&stream, Z_FINISH);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

std::string gzip(const std::string& text) {
  return deflated(text, 15 + 16);
}

std::string brotli(const std::string& text) {
  std::string packed(BrotliEncoderMaxCompressedSize(text.size()), '\0');
  std::size_t size = packed.size();
  BrotliEncoderCompress(5, 22, BROTLI_MODE_TEXT, text.size(),
                        reinterpret_cast<const std::uint8_t*>(text.data()), &size,
                        reinterpret_cast<std::uint8_t*>(packed.data()));
  packed.resize(size);
  return packed;
}

std::string zstd(const std::string& text) {
  std::string packed(ZSTD_compressBound(text.size()), '\0');
  packed.resize(ZSTD_compress(packed.data(), packed.size(), text.data(), text.size(), 3));
  return packed;
}

struct Decoded {
  Result result = Result::Fine;
  std::string text;
};

Decoded decode(Coding coding, std::string_view bytes, std::size_t step, std::size_t limit) {
  BodyDecoder decoder{coding};
  Decoded decoded;
  for (std::size_t at = 0; at < bytes.size() && decoded.result == Result::Fine; at += step)
    decoded.result = decoder.add(bytes.substr(at, step), decoded.text, limit);
  if (decoded.result == Result::Fine) decoded.result = decoder.finish(decoded.text, limit);
  return decoded;
}

std::string long_text() {
  std::string text;
  for (int i = 0; i < 20'000; ++i) text += std::to_string(i * i) + ",";
  return text;
}

}  // namespace

TEST_CASE("each compression is undone, in one piece and byte by byte") {
  const std::string text = long_text();
  struct Row {
    const char* name;
    Coding coding;
    std::string bytes;
  };
  const std::array rows{
      Row{"none", Coding::None, text},
      Row{"gzip", Coding::Gzip, gzip(text)},
      Row{"gzip of two members", Coding::Gzip, gzip(text.substr(0, 99)) + gzip(text.substr(99))},
      Row{"gzip with padding", Coding::Gzip, gzip(text) + std::string(512, '\0')},
      Row{"gzip that nobody declared", Coding::None, gzip(text)},
      Row{"zlib", Coding::Deflate, deflated(text, 15)},
      Row{"raw deflate", Coding::Deflate, deflated(text, -15)},
      Row{"br", Coding::Brotli, brotli(text)},
      Row{"zstd", Coding::Zstd, zstd(text)},
      Row{"zstd of two frames", Coding::Zstd, zstd(text.substr(0, 99)) + zstd(text.substr(99))},
  };
  for (const Row& row : rows) {
    CAPTURE(row.name);
    for (const std::size_t step : {std::size_t{1}, std::size_t{7}, row.bytes.size()}) {
      const auto decoded = decode(row.coding, row.bytes, step, kPlenty);
      CHECK(decoded.result == Result::Fine);
      CHECK(decoded.text == text);
    }
  }
}

TEST_CASE("what comes out is bounded, and so is what goes in") {
  const std::string spaces(kPlenty, ' ');
  CHECK(decode(Coding::Gzip, gzip(spaces), 4096, kPlenty).text == spaces);
  CHECK(decode(Coding::Gzip, gzip(spaces), 4096, kPlenty - 1).result == Result::TooLarge);
  CHECK(decode(Coding::Brotli, brotli(spaces), 4096, kPlenty - 1).result == Result::TooLarge);
  CHECK(decode(Coding::Zstd, zstd(spaces), 4096, kPlenty - 1).result == Result::TooLarge);
  std::string nothing;
  for (int i = 0; i < 1000; ++i) nothing += gzip("");
  CHECK(decode(Coding::Gzip, nothing, 4096, nothing.size()).result == Result::Fine);
  CHECK(decode(Coding::Gzip, nothing, 4096, nothing.size() - 1).result == Result::TooLarge);
}

TEST_CASE("JSON that is declared as gzip and is none is read as it is") {
  for (const std::string text : {R"({"data": []})", R"([{"id": "a"}])"}) {
    for (const std::size_t piece : {std::size_t{1}, text.size()}) {
      const auto decoded = decode(Coding::Gzip, text, piece, kPlenty);
      CHECK(decoded.result == Result::Fine);
      CHECK(decoded.text == text);
    }
  }
}

TEST_CASE("damage and a missing end are seen, but no byte at all is no damage") {
  const std::string text = long_text();
  CHECK(decode(Coding::Gzip, "this is not gzip", 99, kPlenty).result == Result::Damaged);
  for (const auto& [coding, bytes] :
       {std::pair{Coding::Gzip, gzip(text)}, std::pair{Coding::Deflate, deflated(text, 15)},
        std::pair{Coding::Brotli, brotli(text)}, std::pair{Coding::Zstd, zstd(text)}}) {
    const auto cut = std::string_view{bytes}.substr(0, bytes.size() - 9);
    CHECK(decode(coding, cut, 4096, kPlenty).result == Result::Damaged);
    CHECK(decode(coding, "", 1, kPlenty).result == Result::Fine);
  }
  CHECK(decode(Coding::None, "x", 1, kPlenty).text == "x");
}

TEST_CASE("a body may end just where a step of the output does") {
  for (const std::size_t steps : {1, 2, 4}) {
    const std::string text(steps * 64 * 1024, 'a');
    for (const auto& [coding, bytes] :
         {std::pair{Coding::Gzip, gzip(text)}, std::pair{Coding::Deflate, deflated(text, 15)},
          std::pair{Coding::Brotli, brotli(text)}, std::pair{Coding::Zstd, zstd(text)}}) {
      CAPTURE(steps);
      CAPTURE(static_cast<int>(coding));
      const auto decoded = decode(coding, bytes, kPlenty, kPlenty);
      CHECK(decoded.result == Result::Fine);
      CHECK(decoded.text == text);
    }
  }
}

TEST_CASE("Content-Encoding names one compression at most; other words count for nothing") {
  CHECK(coding_of("") == Coding::None);
  CHECK(coding_of("identity") == Coding::None);
  CHECK(coding_of("utf-8") == Coding::None);
  CHECK(coding_of(" GZIP ") == Coding::Gzip);
  CHECK(coding_of("gzip,aws-chunked") == Coding::Gzip);
  CHECK(coding_of("x-gzip") == Coding::Gzip);
  CHECK(coding_of("br") == Coding::Brotli);
  CHECK(coding_of("zstd") == Coding::Zstd);
  CHECK_FALSE(coding_of("gzip, gzip"));
  CHECK_FALSE(coding_of("deflate, gzip"));
  CHECK_FALSE(coding_of("compress"));
}

}  // namespace modelvane
