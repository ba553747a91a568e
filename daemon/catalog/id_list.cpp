#include "daemon/catalog/id_list.h"

#include <algorithm>

namespace modelvane {
namespace {

// So many ids are read at most to find one. More would save little: the first of a run is the only
// one that stands there whole.
constexpr std::size_t kRun = 16;

// Seven bits a byte, the lowest first; the eighth says that more come.
void put_number(std::string& bytes, std::size_t number) {
  for (; number >= 0x80; number >>= 7) bytes.push_back(static_cast<char>(number | 0x80));
  bytes.push_back(static_cast<char>(number));
}

std::size_t take_number(const char*& next) {
  std::size_t number = 0;
  for (unsigned int shift = 0;; shift += 7) {
    const auto byte = static_cast<unsigned char>(*next++);
    number |= static_cast<std::size_t>(byte & 0x7F) << shift;
    if (byte < 0x80) return number;
  }
}

}  // namespace

void IdList::Block::add(std::string_view id, std::string_view before) {
  const bool is_whole = size++ % kRun == 0;
  if (is_whole) whole.push_back(static_cast<std::uint32_t>(bytes.size()));
  const auto common = static_cast<std::size_t>(std::ranges::mismatch(id, before).in1 - id.begin());
  const auto shared = is_whole ? 0 : common;
  put_number(bytes, shared);
  put_number(bytes, id.size() - shared);
  bytes += id.substr(shared);
}

void IdList::Iterator::read() {
  if (left_ == 0) return;
  id_.resize(take_number(next_));
  const auto length = take_number(next_);
  id_.append(next_, length);
  next_ += length;
}

IdList::Iterator IdList::begin() const {
  return block_ ? Iterator{block_->bytes.data(), block_->size} : Iterator{};
}

bool IdList::has(std::string_view id) const {
  if (empty()) return false;
  const auto whole_at = [this](std::uint32_t at) {
    const char* next = block_->bytes.data() + at;
    take_number(next);
    const auto length = take_number(next);
    return std::string_view{next, length};
  };
  const auto after = std::ranges::upper_bound(block_->whole, id, {}, whole_at);
  if (after == block_->whole.begin()) return false;
  const auto run = static_cast<std::size_t>(after - block_->whole.begin()) - 1;
  Iterator one{block_->bytes.data() + block_->whole[run],
               std::min(kRun, block_->size - run * kRun)};
  while (one != std::default_sentinel && *one < id) ++one;
  return one != std::default_sentinel && *one == id;
}

std::vector<std::string> IdList::all() const {
  std::vector<std::string> ids;
  ids.reserve(size());
  for (const auto& id : *this) ids.push_back(id);
  return ids;
}

}  // namespace modelvane
