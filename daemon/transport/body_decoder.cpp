#include "daemon/transport/body_decoder.h"

#include <brotli/decode.h>
#include <fmt/format.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

#include "daemon/text/ascii.h"
#include "daemon/text/token.h"

namespace modelvane {

using Result = BodyDecoder::Result;

class Inflater {
 public:
  Inflater() = default;
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;
  virtual ~Inflater() = default;
  virtual Result add(std::string_view data, std::string& out, std::size_t limit) = 0;
  // Has the stream ended where its format says that it ends?
  virtual bool is_complete() const = 0;
};

namespace {

constexpr std::size_t kOutputStep = 64 * 1024;
// RFC 9659: what a browser takes; more memory on a server's word alone is not given.
constexpr int kZstdWindowLog = 23;
constexpr int kZlibWindow = 15;
constexpr int kGzipWrapper = 16;  // added to the window's size: zlib's way of asking for gzip
constexpr std::string_view kGzipMagic = "\x1f\x8b";
constexpr std::size_t kMarkBytes = 2;  // by which gzip and zlib are known

using Step = std::array<char, kOutputStep>;

bool append(std::string& out, std::string_view piece, std::size_t limit) {
  if (piece.size() > limit - out.size()) return false;
  out.append(piece);
  return true;
}

class ZlibInflater final : public Inflater {
 public:
  // `window_bits` as inflateInit2 takes them.
  explicit ZlibInflater(int window_bits) : has_members_(window_bits > kZlibWindow) {
    is_ready_ = inflateInit2(&stream_, window_bits) == Z_OK;
  }
  ~ZlibInflater() override {
    if (is_ready_) inflateEnd(&stream_);
  }
  ZlibInflater(const ZlibInflater&) = delete;
  ZlibInflater& operator=(const ZlibInflater&) = delete;

  Result add(std::string_view data, std::string& out, std::size_t limit) override {
    if (!is_ready_) return Result::Damaged;
    std::string input{data};  // zlib's interface takes no const
    stream_.next_in = reinterpret_cast<Bytef*>(input.data());
    stream_.avail_in = static_cast<uInt>(input.size());
    Step step{};
    do {
      if (has_ended_ && !starts_member(input)) return Result::Fine;
      stream_.next_out = reinterpret_cast<Bytef*>(step.data());
      stream_.avail_out = static_cast<uInt>(step.size());
      const int code = inflate(&stream_, Z_NO_FLUSH);
      if (code != Z_OK && code != Z_STREAM_END && code != Z_BUF_ERROR) return Result::Damaged;
      has_ended_ = code == Z_STREAM_END;
      if (!append(out, {step.data(), step.size() - stream_.avail_out}, limit))
        return Result::TooLarge;
      if (has_ended_ && stream_.avail_in == 0) return Result::Fine;
    } while (stream_.avail_in > 0 || stream_.avail_out == 0);
    return Result::Fine;
  }
  bool is_complete() const override { return has_ended_; }

 private:
  // RFC 1952 2.2: members follow one another. Whatever else follows is padding, as gzip(1) sees it.
  bool starts_member(std::string_view input) {
    const auto at = input.size() - stream_.avail_in;
    if (!has_members_ || at >= input.size() || input[at] != kGzipMagic.front()) return false;
    has_ended_ = false;
    return inflateReset(&stream_) == Z_OK;
  }

  z_stream stream_{};
  bool has_members_;
  bool is_ready_ = false;
  bool has_ended_ = false;
};

class BrotliInflater final : public Inflater {
 public:
  Result add(std::string_view data, std::string& out, std::size_t limit) override {
    const auto* next_in = reinterpret_cast<const std::uint8_t*>(data.data());
    std::size_t available_in = data.size();
    Step step{};
    for (;;) {
      auto* next_out = reinterpret_cast<std::uint8_t*>(step.data());
      std::size_t available_out = step.size();
      const auto code = BrotliDecoderDecompressStream(state_.get(), &available_in, &next_in,
                                                      &available_out, &next_out, nullptr);
      if (code == BROTLI_DECODER_RESULT_ERROR) return Result::Damaged;
      if (!append(out, {step.data(), step.size() - available_out}, limit)) return Result::TooLarge;
      if (code != BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT) return Result::Fine;
    }
  }
  bool is_complete() const override { return BrotliDecoderIsFinished(state_.get()) != 0; }

 private:
  std::unique_ptr<BrotliDecoderState, decltype(&BrotliDecoderDestroyInstance)> state_{
      BrotliDecoderCreateInstance(nullptr, nullptr, nullptr), &BrotliDecoderDestroyInstance};
};

class ZstdInflater final : public Inflater {
 public:
  ZstdInflater() { ZSTD_DCtx_setParameter(context_.get(), ZSTD_d_windowLogMax, kZstdWindowLog); }
  Result add(std::string_view data, std::string& out, std::size_t limit) override {
    ZSTD_inBuffer in{data.data(), data.size(), 0};
    Step step{};
    for (;;) {
      ZSTD_outBuffer produced{step.data(), step.size(), 0};
      const std::size_t code = ZSTD_decompressStream(context_.get(), &produced, &in);
      if (ZSTD_isError(code) != 0) return Result::Damaged;
      has_ended_ = code == 0;  // a frame has; another one may follow
      if (!append(out, {step.data(), produced.pos}, limit)) return Result::TooLarge;
      // Nothing is held back after the end of a frame; another call would begin a new one.
      if (in.pos == in.size && (has_ended_ || produced.pos < produced.size)) return Result::Fine;
    }
  }
  bool is_complete() const override { return has_ended_; }

 private:
  std::unique_ptr<ZSTD_DCtx, decltype(&ZSTD_freeDCtx)> context_{ZSTD_createDCtx(), &ZSTD_freeDCtx};
  bool has_ended_ = false;
};

// RFC 1950 2.2. Servers that say "deflate" send zlib's form, as they should, or the bare one.
bool is_zlib(std::string_view start) {
  if (start.size() < kMarkBytes) return false;
  const auto first = static_cast<unsigned char>(start[0]);
  const auto second = static_cast<unsigned char>(start[1]);
  return (first & 0x0F) == Z_DEFLATED && (first * 256 + second) % 31 == 0;
}

// A proxy that undoes a compression may leave the header that declares it.
bool is_json(std::string_view start) {
  return start.starts_with('{') || start.starts_with('[');
}

struct NamedCoding {
  std::string_view name;
  Coding coding;
};
constexpr std::array kCodings{
    NamedCoding{"gzip", Coding::Gzip},       NamedCoding{"x-gzip", Coding::Gzip},
    NamedCoding{"deflate", Coding::Deflate}, NamedCoding{"br", Coding::Brotli},
    NamedCoding{"zstd", Coding::Zstd},
};

}  // namespace

std::expected<Coding, std::string> coding_of(std::string_view content_encoding) {
  auto found = Coding::None;
  while (!content_encoding.empty()) {
    const auto word = to_lower(trimmed(take_until(content_encoding, ",")));
    if (word == "compress" || word == "x-compress")
      return std::unexpected(
          "the answer is compressed by compress(1), which nobody reads any more");
    const auto* const known = std::ranges::find(kCodings, word, &NamedCoding::name);
    if (known == kCodings.end()) continue;
    if (found != Coding::None) {
      return std::unexpected(
          "the answer is compressed more than once (Content-Encoding): that is not read");
    }
    found = known->coding;
  }
  return found;
}

BodyDecoder::BodyDecoder(Coding coding)
    : coding_(coding), is_chosen_(coding == Coding::Brotli || coding == Coding::Zstd) {
  if (coding == Coding::Brotli) inflater_ = std::make_unique<BrotliInflater>();
  if (coding == Coding::Zstd) inflater_ = std::make_unique<ZstdInflater>();
}

BodyDecoder::BodyDecoder(BodyDecoder&&) noexcept = default;
BodyDecoder& BodyDecoder::operator=(BodyDecoder&&) noexcept = default;
BodyDecoder::~BodyDecoder() = default;

void BodyDecoder::choose(std::string_view start) {
  is_chosen_ = true;
  if (start.starts_with(kGzipMagic) || (coding_ == Coding::Gzip && !is_json(start))) {
    inflater_ = std::make_unique<ZlibInflater>(kZlibWindow + kGzipWrapper);
  } else if (coding_ == Coding::Deflate) {
    inflater_ = std::make_unique<ZlibInflater>(is_zlib(start) ? kZlibWindow : -kZlibWindow);
  }
}

Result BodyDecoder::decode(std::string_view data, std::string& out, std::size_t limit) {
  if (inflater_) return inflater_->add(data, out, limit);
  return append(out, data, limit) ? Result::Fine : Result::TooLarge;
}

Result BodyDecoder::decode_held(std::string& out, std::size_t limit) {
  const std::string start = std::exchange(held_, {});
  choose(start);
  return decode(start, out, limit);
}

Result BodyDecoder::add(std::string_view data, std::string& out, std::size_t limit) {
  if (data.size() > limit - taken_) return Result::TooLarge;
  taken_ += data.size();
  if (is_chosen_) return decode(data, out, limit);
  if (held_.empty() && data.size() >= kMarkBytes) {
    choose(data);
    return decode(data, out, limit);
  }
  held_.append(data);
  return held_.size() < kMarkBytes ? Result::Fine : decode_held(out, limit);
}

Result BodyDecoder::finish(std::string& out, std::size_t limit) {
  if (!held_.empty()) {
    if (const auto last = decode_held(out, limit); last != Result::Fine) return last;
  }
  return !inflater_ || taken_ == 0 || inflater_->is_complete() ? Result::Fine : Result::Damaged;
}

}  // namespace modelvane
