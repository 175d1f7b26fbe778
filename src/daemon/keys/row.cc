#include "daemon/keys/row.h"

#include <utility>

namespace treaty::daemon::keys {
namespace {

Key Base(Name name, Type type, std::string fallback, std::string meaning) {
  Key key;
  key.standing = name.standing;
  key.name = name.text;
  key.type = type;
  key.fallback = std::move(fallback);
  key.meaning = std::move(meaning);
  return key;
}

Key Number(Name name, Type type, Range range, std::string meaning) {
  Key key = Base(name, type, std::to_string(range.fallback), std::move(meaning));
  key.min = range.min;
  key.max = range.max;
  return key;
}

Key Landing(Key key, Put put) {
  key.put = put;
  return key;
}

}  // namespace

Key Flag(Name name, bool fallback, PutFlag put, std::string meaning) {
  return Landing(Base(name, Type::kFlag, fallback ? "true" : "false", std::move(meaning)), put);
}

Key Port(Name name, Range range, PutPort put, std::string meaning) {
  return Landing(Number(name, Type::kPort, range, std::move(meaning)), put);
}

Key Count(Name name, Range range, PutSize put, std::string meaning) {
  return Landing(Number(name, Type::kCount, range, std::move(meaning)), put);
}

Key Bytes(Name name, Range range, PutSize put, std::string meaning) {
  return Landing(Number(name, Type::kBytes, range, std::move(meaning)), put);
}

Key BytesPerSecond(Name name, Range range, PutSize put, std::string meaning) {
  return Landing(Number(name, Type::kBytesPerSecond, range, std::move(meaning)), put);
}

Key Seconds(Name name, Range range, PutDuration put, std::string meaning) {
  return Landing(Number(name, Type::kSeconds, range, std::move(meaning)), put);
}

Key Text(Name name, std::string fallback, PutText put, std::string meaning) {
  return Landing(Base(name, Type::kText, std::move(fallback), std::move(meaning)), put);
}

Key List(Name name, std::string fallback, PutText put, std::string meaning) {
  return Landing(Base(name, Type::kList, std::move(fallback), std::move(meaning)), put);
}

Key Choice(Name name, Words words, PutText put, std::string meaning) {
  Key key = Base(name, Type::kChoice, std::string(words.fallback), std::move(meaning));
  key.choices = std::move(words.allowed);
  return Landing(std::move(key), put);
}

Key Secret(Name name, PutText put, std::string meaning) {
  return Landing(Base(name, Type::kSecret, "", std::move(meaning)), put);
}

Key SecretUrl(Name name, PutText put, std::string meaning) {
  return Landing(Base(name, Type::kSecretUrl, "", std::move(meaning)), put);
}

Key Ignored(std::string_view name, std::string why) {
  return Base({Standing::kIgnored, name}, Type::kText, "", std::move(why));
}

}  // namespace treaty::daemon::keys
