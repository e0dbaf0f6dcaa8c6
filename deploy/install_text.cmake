# Installs one text file at DESTINATION below the prefix, with the prefix of this installation in its words: files in
# deploy/ say /usr/local and /etc/pollux. As usual, etc/ belongs to the prefix, and that of /usr is /etc.
#
# Included by install(CODE), because `cmake --install --prefix` is the first to know the prefix. With KEEP, a file that
# is there already stays as it is.
function(install_text source destination)
  set(sysconfdir ${CMAKE_INSTALL_PREFIX}/etc)
  if(CMAKE_INSTALL_PREFIX STREQUAL "/usr")
    set(sysconfdir /etc)
  endif()
  if(destination MATCHES "^etc/")
    string(REGEX REPLACE "^etc" "${sysconfdir}" target "${destination}")
  else()
    set(target "${CMAKE_INSTALL_PREFIX}/${destination}")
  endif()

  if("${ARGN}" STREQUAL KEEP AND EXISTS "$ENV{DESTDIR}${target}")
    message(STATUS "Kept: $ENV{DESTDIR}${target}")
    return()
  endif()
  message(STATUS "Installing: $ENV{DESTDIR}${target}")
  file(READ "${source}" text)
  string(REPLACE /usr/local "${CMAKE_INSTALL_PREFIX}" text "${text}")
  string(REPLACE /etc/pollux "${sysconfdir}/pollux" text "${text}")
  file(WRITE "$ENV{DESTDIR}${target}" "${text}")
  set(CMAKE_INSTALL_MANIFEST_FILES ${CMAKE_INSTALL_MANIFEST_FILES} "${target}" PARENT_SCOPE)
endfunction()
