# Writes OUT, a C++ source with the migrations in the folder IN, ordered by file name.
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
file(WRITE ${OUT} "// Generated from sql/sqlite/*.sql.
#include \"store/sqlite/schema.h\"

namespace treaty {
namespace {

constexpr Migration kMigrations[] = {
${entries}};

}  // namespace

std::span<const Migration> Migrations() { return kMigrations; }

}  // namespace treaty
")
