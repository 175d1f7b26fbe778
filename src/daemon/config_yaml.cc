// Reads YAML files; the only user of yaml-cpp.

#include <yaml-cpp/yaml.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <system_error>
#include <utility>

#include "daemon/config_keys.h"
#include "daemon/escape.h"
#include "daemon/given.h"

namespace treaty::daemon {
namespace {

// DTM's deepest key has two words.
constexpr int kMaxDepth = 4;

class Reader {
 public:
  explicit Reader(std::string path) : path_(std::move(path)) {}

  Status Read(const YAML::Node& root) {
    if (root.IsNull()) return {};
    if (!root.IsMap()) return Mistake(root, "the file must be a list of 'Key: value' lines");
    return ReadMap(root, "", 0);
  }

  // What stands behind a second "---" would be passed over without a word.
  Status ReadAll(const std::vector<YAML::Node>& documents) {
    for (std::size_t i = 1; i < documents.size(); ++i) {
      if (documents[i].IsNull()) continue;
      return Mistake(documents[i],
                     "a second YAML document begins here; keep one, without '---' between keys");
    }
    return documents.empty() ? Status() : Read(documents.front());
  }

  std::vector<Given> given() && { return std::move(given_); }

  std::string Place(const YAML::Mark& mark) const {
    return path_ + ":" + std::to_string(mark.line + 1);
  }

 private:
  Status Mistake(const YAML::Node& node, const std::string& what) const {
    return {Code::kInvalidArgument, Place(node.Mark()) + ": " + what};
  }

  Status ReadMap(const YAML::Node& map, const std::string& prefix, int depth) {
    for (const auto& entry : map) {
      if (!entry.first.IsScalar()) return Mistake(entry.first, "a key must be a plain word");
      const std::string key = prefix + entry.first.Scalar();
      if (!seen_.insert(key).second) {
        return Mistake(entry.first, "'" + Escape(key) + "' is given twice; keep one of them");
      }
      if (Status status = ReadValue(entry.first, entry.second, key, depth); !status.ok()) {
        return status;
      }
    }
    return {};
  }

  Status ReadValue(const YAML::Node& name, const YAML::Node& value, const std::string& key,
                   int depth) {
    const Key* known = FindKey(key);
    const std::string where = Place(name.Mark());
    if (value.IsNull()) return {};
    if (known != nullptr && known->standing == Standing::kIgnored) {
      given_.push_back({key, "", where});
    } else if (value.IsScalar()) {
      given_.push_back({key, value.Scalar(), where});
    } else if (value.IsSequence()) {
      return ReadList(value, key, where);
    } else if (known != nullptr) {
      return Mistake(name, key + " holds further keys, allowed is " + Allowed(*known));
    } else if (depth == kMaxDepth) {
      return Mistake(name, "keys are nested too deeply");
    } else {
      return ReadMap(value, key + ".", depth + 1);
    }
    return {};
  }

  Status ReadList(const YAML::Node& list, const std::string& key, const std::string& where) {
    std::string joined;
    for (const auto& item : list) {
      if (!item.IsScalar()) return Mistake(item, key + " may list plain words only");
      joined += (joined.empty() ? "" : ",") + item.Scalar();
    }
    given_.push_back({key, std::move(joined), where});
    return {};
  }

  std::string path_;
  std::set<std::string> seen_;
  std::vector<Given> given_;
};

}  // namespace

Result<std::vector<Given>> ReadYaml(const std::string& path) {
  std::error_code ignored;
  std::ifstream file(path);
  if (!file.is_open() || std::filesystem::is_directory(path, ignored)) {
    return Status(Code::kNotFound,
                  path + ": the configuration file cannot be read; check the path and its rights");
  }
  const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  Reader reader(path);
  try {
    if (Status status = reader.ReadAll(YAML::LoadAll(text)); !status.ok()) return status;
  } catch (const YAML::Exception& error) {
    return Status(Code::kInvalidArgument, reader.Place(error.mark) + ": not YAML: " + error.msg);
  }
  return std::move(reader).given();
}

}  // namespace treaty::daemon
