# The library for other projects: cmake --install BUILD --component library --prefix PREFIX, and there
#
#   find_package(castor REQUIRED)
#   target_link_libraries(program PRIVATE castor::client)
#
# One archive, of the library and of what it stands on. Not a part of a plain cmake --install, which is for
# servers.
add_library(castor_library STATIC EXCLUDE_FROM_ALL
  $<TARGET_OBJECTS:base> $<TARGET_OBJECTS:client> $<TARGET_OBJECTS:compress> $<TARGET_OBJECTS:http>
  $<TARGET_OBJECTS:log> $<TARGET_OBJECTS:net> $<TARGET_OBJECTS:threadpool> $<TARGET_OBJECTS:timer> $<TARGET_OBJECTS:tls>)
set_target_properties(castor_library PROPERTIES OUTPUT_NAME castor EXPORT_NAME client LINKER_LANGUAGE CXX)
target_compile_features(castor_library INTERFACE cxx_std_20)
target_include_directories(castor_library INTERFACE $<INSTALL_INTERFACE:include/castor>)
target_link_libraries(castor_library INTERFACE
  Threads::Threads fmt::fmt OpenSSL::SSL OpenSSL::Crypto ZLIB::ZLIB PkgConfig::libbrotlidec PkgConfig::libbrotlienc
  PkgConfig::libnghttp2 PkgConfig::liburing PkgConfig::libzstd)

include(CMakePackageConfigHelpers)
include(GNUInstallDirs)
set(package ${CMAKE_INSTALL_LIBDIR}/cmake/castor)
write_basic_package_version_file(${CMAKE_CURRENT_BINARY_DIR}/castor-config-version.cmake COMPATIBILITY SameMinorVersion)
install(TARGETS castor_library EXPORT castor ARCHIVE COMPONENT library EXCLUDE_FROM_ALL)
install(EXPORT castor NAMESPACE castor:: FILE castor-targets.cmake DESTINATION ${package}
  COMPONENT library EXCLUDE_FROM_ALL)
install(FILES package/castor-config.cmake ${CMAKE_CURRENT_BINARY_DIR}/castor-config-version.cmake
  DESTINATION ${package} COMPONENT library EXCLUDE_FROM_ALL)
install(FILES http_client.h options.h outcome.h pending_response.h request.h response.h task.h
  DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/castor/client COMPONENT library EXCLUDE_FROM_ALL)
install(FILES ${PROJECT_SOURCE_DIR}/base/clock.h
  DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/castor/base COMPONENT library EXCLUDE_FROM_ALL)
