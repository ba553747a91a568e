# Writes the files FILES as the array NAME of EmbeddedFile into the header OUTPUT.
set(types_html "text/html; charset=utf-8")
set(types_css "text/css; charset=utf-8")
set(types_js "text/javascript; charset=utf-8")
set(types_json "application/json")
set(types_svg "image/svg+xml")

separate_arguments(FILES)
set(rows "")
foreach(path IN LISTS FILES)
  file(READ "${path}" text)
  cmake_path(GET path FILENAME name)
  cmake_path(GET path EXTENSION LAST_ONLY extension)
  string(SUBSTRING "${extension}" 1 -1 extension)
  string(APPEND rows "    {\"${name}\", \"${types_${extension}}\", R\"embedded(${text})embedded\"},\n")
endforeach()
file(WRITE "${OUTPUT}.new" "#pragma once\n#include <array>\n#include \"daemon/web/embedded_file.h\"\nnamespace modelvane {\n"
  "inline constexpr auto ${NAME} = std::to_array<EmbeddedFile>({\n${rows}});\n}  // namespace modelvane\n")
file(RENAME "${OUTPUT}.new" "${OUTPUT}")
