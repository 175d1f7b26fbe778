# URLs and where they may lead.
treaty_library(NAME wire_target SRCS ip_address.cc target_policy.cc url.cc
  DEPS treaty::base PRIVATE_DEPS Boost::url)
