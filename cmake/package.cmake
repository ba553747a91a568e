# The Debian package: `./dev package`. Paths follow the Debian policy; what a user changes lies in /etc and is a conffile.
install(FILES config/modelvane.yml DESTINATION /etc/modelvane)
install(FILES cmake/package/default DESTINATION /etc/default RENAME modelvane)
install(FILES systemd/modelvane.service systemd/modelvane.socket DESTINATION lib/systemd/system)
install(FILES cmake/package/modelvane.sysusers DESTINATION lib/sysusers.d RENAME modelvane.conf)
install(FILES cmake/package/modelvane.bash-completion
  DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME modelvane)
install(FILES cmake/package/modelvane.fish
  DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
install(FILES cmake/package/_modelvane DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions)
install(FILES cmake/package/copyright DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/modelvane)
install(FILES README.md DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/modelvane)
install(DIRECTORY docs/ DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/modelvane/docs)
install(DIRECTORY config/ DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/modelvane/examples)
install(DIRECTORY dashboards/ DESTINATION ${CMAKE_INSTALL_DATADIR}/modelvane/dashboards
  FILES_MATCHING PATTERN "*.json" PATTERN mixin EXCLUDE)
install(DIRECTORY config/prometheus/ DESTINATION ${CMAKE_INSTALL_DATADIR}/modelvane/rules
  FILES_MATCHING PATTERN "modelvane.*.yml")

set(CPACK_PACKAGE_CONTACT "modelvane maintainers <maintainers@modelvane.invalid>")

# A page for each command, made of what `modelvane help` says, and the changelog as Debian wants it.
set(MODELVANE_DOC ${CMAKE_BINARY_DIR}/package-doc)
add_custom_target(package_doc
  COMMAND ${CMAKE_SOURCE_DIR}/cmake/package/man.sh $<TARGET_FILE:modelvane> ${MODELVANE_DOC}
  COMMAND ${CMAKE_SOURCE_DIR}/cmake/package/changelog.sh ${CMAKE_SOURCE_DIR}/CHANGELOG.md
    ${CPACK_PACKAGE_CONTACT} > ${MODELVANE_DOC}/changelog
  COMMAND gzip -9nf ${MODELVANE_DOC}/changelog
  DEPENDS modelvane VERBATIM)
install(DIRECTORY ${MODELVANE_DOC}/man1 DESTINATION ${CMAKE_INSTALL_MANDIR})
# Made by cmake/package/sbom.sh when the build is done: it asks the build what it has read.
install(FILES ${MODELVANE_DOC}/modelvane.spdx.json DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/modelvane OPTIONAL)
install(FILES ${MODELVANE_DOC}/changelog.gz DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/modelvane)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME modelvane)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "weather vane for model aliases of LLM APIs")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION
  "Polls the list of models of LLM APIs, tells the moment that an alias\nsuch as mistral-large-latest points to another model, and shows latency and\navailability of those endpoints: as Prometheus metrics, as webhook events that\nare never lost, and on a page.")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_SET_DESTDIR OFF)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "systemd | systemd-standalone-sysusers")
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "ca-certificates")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA ${CMAKE_SOURCE_DIR}/cmake/package/conffiles
  ${CMAKE_SOURCE_DIR}/cmake/package/postinst ${CMAKE_SOURCE_DIR}/cmake/package/prerm
  ${CMAKE_SOURCE_DIR}/cmake/package/postrm)
include(CPack)
