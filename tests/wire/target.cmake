treaty_test(NAME wire_target_test
  SRCS target_policy_test.cc url_test.cc
  DEPS treaty::wire_target
  LABELS wire)
