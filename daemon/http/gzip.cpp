#include "daemon/http/gzip.h"

#include <zlib.h>

#include <algorithm>
#include <limits>

namespace modelvane {
namespace {

// Below this, the gzip header and the time cost more than the bytes saved.
constexpr std::size_t kGzipFromBytes = 1024;

}  // namespace

void compress(bool is_accepted, Reply& reply) {
  // Also on what stays as it is: caches ask before the next answer.
  reply.headers.emplace_back("Vary", "Accept-Encoding");
  if (!is_accepted || reply.body.size() < kGzipFromBytes) return;
  if (auto packed = gzip(reply.body.view())) {
    reply.body = std::move(*packed);
    reply.headers.emplace_back("Content-Encoding", "gzip");
  }
}

std::optional<std::string> gzip(std::string_view text) {
  constexpr int kGzipWindow = 15 + 16;  // the largest window; +16 asks for a gzip wrapper
  constexpr int kMemoryLevel = 8;       // zlib's default
  z_stream stream{};
  if (deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, kGzipWindow, kMemoryLevel,
                   Z_DEFAULT_STRATEGY) != Z_OK)
    return std::nullopt;
  std::string out;
  // zlib counts input in 32 bits: longer texts go in by pieces.
  constexpr std::size_t kPiece = std::size_t{1} << 30;
  constexpr std::size_t kRoom = 64 * 1024;
  int result = Z_OK;
  while (result == Z_OK) {
    if (stream.avail_in == 0 && !text.empty()) {
      const auto piece = text.substr(0, kPiece);
      stream.next_in = const_cast<Bytef*>(
          reinterpret_cast<const Bytef*>(piece.data()));  // zlib does not write to it
      stream.avail_in = static_cast<uInt>(piece.size());
      text.remove_prefix(piece.size());
    }
    const auto used = out.size();
    out.resize(used + kRoom);
    stream.next_out = reinterpret_cast<Bytef*>(out.data() + used);
    stream.avail_out = static_cast<uInt>(kRoom);
    result = deflate(&stream, text.empty() ? Z_FINISH : Z_NO_FLUSH);
    out.resize(out.size() - stream.avail_out);
  }
  deflateEnd(&stream);
  if (result != Z_STREAM_END) return std::nullopt;
  return out;
}

}  // namespace modelvane
