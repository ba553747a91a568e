# Writes the text file INPUT as the C++ constant NAME into the header OUTPUT.
file(READ "${INPUT}" text)
file(WRITE "${OUTPUT}.new" "#pragma once\n#include <string_view>\nnamespace modelvane {\n"
  "inline constexpr std::string_view ${NAME} = R\"embedded(${text})embedded\";\n}  // namespace modelvane\n")
file(RENAME "${OUTPUT}.new" "${OUTPUT}")
