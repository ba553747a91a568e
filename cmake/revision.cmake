# The commit that a binary is made of, as a header that is only touched when it has changed:
# cmake -D OUTPUT=revision.h -P revision.cmake
execute_process(COMMAND git rev-parse --short=12 HEAD OUTPUT_VARIABLE revision ERROR_QUIET
  OUTPUT_STRIP_TRAILING_WHITESPACE RESULT_VARIABLE failed)
if(failed)
  set(revision "unknown")
else()
  execute_process(COMMAND git diff-index --quiet HEAD RESULT_VARIABLE modified ERROR_QUIET)
  if(modified)
    string(APPEND revision "-modified")
  endif()
endif()
file(CONFIGURE OUTPUT ${OUTPUT} CONTENT "#pragma once\n#define MODELVANE_REVISION \"${revision}\"\n" @ONLY)
