# treaty_migrations(OUT <variable> FOLDER <below sql/> HEADER <h> TYPE <struct> FUNCTION <name>)
#
# Makes a source of the folder's SQL files; <variable> gets its path.
function(treaty_migrations)
  cmake_parse_arguments(ARG "" "OUT;FOLDER;HEADER;TYPE;FUNCTION" "" ${ARGN})
  set(folder ${PROJECT_SOURCE_DIR}/sql/${ARG_FOLDER})
  set(source ${CMAKE_CURRENT_BINARY_DIR}/migrations.cc)
  set(script ${PROJECT_SOURCE_DIR}/cmake/embed_sql.cmake)
  file(GLOB files CONFIGURE_DEPENDS ${folder}/*.sql)
  add_custom_command(
    OUTPUT ${source}
    COMMAND ${CMAKE_COMMAND} -DIN=${folder} -DOUT=${source} -DHEADER=${ARG_HEADER}
            -DTYPE=${ARG_TYPE} -DFUNCTION=${ARG_FUNCTION} -P ${script}
    DEPENDS ${files} ${script}
    VERBATIM)
  set(${ARG_OUT} ${source} PARENT_SCOPE)
endfunction()
