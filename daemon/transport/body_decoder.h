// Undoes the one compression of an answer's body, piece by piece, with a limit on what comes out.
//
// libcurl could do it, but it also undoes stacked codings inside one call: two kilobytes of gzip
// within gzip within gzip keep a thread busy for minutes while nothing comes out that a limit could
// see. Here one layer is undone, and both what goes in and what comes out are bounded.
#pragma once

#include <cstddef>
#include <expected>
#include <memory>
#include <string>
#include <string_view>

namespace modelvane {

enum class Coding { None, Gzip, Deflate, Brotli, Zstd };

// The compression that a Content-Encoding names (RFC 9110 8.4; the values of several fields are
// joined by commas). Words that are no compression ("utf-8", "identity", "aws-chunked") count for
// nothing. Errors, as a sentence: more than one compression, or one that nobody uses any more.
std::expected<Coding, std::string> coding_of(std::string_view content_encoding);

// One undone compression: gzip of several members, zlib, raw deflate, br or zstd.
class Inflater;

// Used by one thread, for one body.
class BodyDecoder {
 public:
  enum class Result { Fine, TooLarge, Damaged };

  explicit BodyDecoder(Coding coding = Coding::None);
  BodyDecoder(BodyDecoder&&) noexcept;
  BodyDecoder& operator=(BodyDecoder&&) noexcept;
  ~BodyDecoder();

  // Appends what `data` holds to `out`, which never grows beyond `limit` bytes. No more than
  // `limit` bytes are taken in, either: compressed bytes of which nothing comes out cost time, too.
  Result add(std::string_view data, std::string& out, std::size_t limit);
  // No more bytes will come: Damaged when the compressed stream has not ended.
  Result finish(std::string& out, std::size_t limit);

 private:
  // The first bytes tell gzip that nobody declared from anything else, and zlib from raw deflate.
  void choose(std::string_view start);
  Result decode(std::string_view data, std::string& out, std::size_t limit);
  Result decode_held(std::string& out, std::size_t limit);

  Coding coding_;
  bool is_chosen_;
  std::string held_;  // the first byte, until the second one is there
  std::size_t taken_ = 0;
  std::unique_ptr<Inflater> inflater_;  // null: the bytes are taken as they are
};

}  // namespace modelvane
