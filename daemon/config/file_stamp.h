// What tells one content of a file from the next without reading it. A rotation by rename changes
// the inode, one in place the times; the change time also sees writers that put the modification
// time back.
#pragma once

#include <sys/stat.h>

#include <array>
#include <optional>
#include <string>

namespace modelvane {

struct FileStamp {
  dev_t device = 0;
  ino_t inode = 0;
  off_t bytes = 0;
  std::array<long, 4> times{};
  friend bool operator==(const FileStamp&, const FileStamp&) = default;
};

FileStamp stamp_of(const struct stat& status);
// nullopt when the file cannot be seen.
std::optional<FileStamp> stamp_of(const std::string& path);

}  // namespace modelvane
