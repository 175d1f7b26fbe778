# Writes OUT, a C++ source with the migrations in the folder IN, ordered by file name: the function
# FUNCTION, which the header HEADER declares, returns them as TYPEs.
file(GLOB files ${IN}/*.sql)
list(SORT files)
set(entries "")
foreach(file ${files})
  get_filename_component(name ${file} NAME)
  string(REGEX MATCH "^[0-9]+" digits ${name})
  math(EXPR number "1${digits} - 10000")
  file(READ ${file} sql)
  string(APPEND entries "    {${number}, R\"sql(${sql})sql\"},\n")
endforeach()
file(WRITE ${OUT} "// Generated from SQL files.

#include \"${HEADER}\"

namespace treaty {
namespace {

constexpr ${TYPE} k${FUNCTION}[] = {
${entries}};

}  // namespace

std::span<const ${TYPE}> ${FUNCTION}() { return k${FUNCTION}; }

}  // namespace treaty
")
