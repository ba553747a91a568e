// A file that the configuration names, such as a certificate.
#pragma once

#include <string>

#include "daemon/config/field.h"

namespace modelvane {

// Its path, from the folder of the config file. An error unless it is a regular file that this user
// can read.
std::string read_file_name(const Field& field);

}  // namespace modelvane
