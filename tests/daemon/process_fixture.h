// A folder in which treatyd runs as a process of its own.

#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "daemon/child.h"

namespace treaty::daemon {

class ProcessTest : public ::testing::Test {
 protected:
  ProcessTest() {
    std::string name = ::testing::TempDir() + "treatyd.XXXXXX";
    folder_ = ::mkdtemp(name.data());
  }
  ~ProcessTest() override { std::filesystem::remove_all(folder_); }

  std::string Path(const std::string& name) const { return folder_ + "/" + name; }

  std::string Write(const std::string& name, const std::string& text) const {
    std::ofstream(Path(name)) << text;
    return Path(name);
  }

  // A command that ends by itself.
  struct Ended {
    int exit_code = -1;
    std::string said;
  };
  Ended Run(std::vector<std::string> arguments, std::vector<std::string> environment = {}) const {
    Child child(folder_, std::move(arguments), std::move(environment));
    const int exit_code = child.Wait().value_or(-1);
    return {exit_code, child.Said()};
  }

  std::unique_ptr<Child> Start(std::vector<std::string> more = {}) const {
    more.insert(more.begin(), {"--http-port", "0"});
    return std::make_unique<Child>(folder_, std::move(more));
  }

  std::string folder_;
};

}  // namespace treaty::daemon
