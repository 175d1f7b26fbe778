// Keys of DTM's that mean nothing here, with the reason.

#include "daemon/keys/row.h"
#include "daemon/keys/sections.h"

namespace treaty::daemon::keys {

// clang-format off
Section WithoutMeaning() {
  return {"Keys of DTM's without meaning here", {
      Ignored("Store.Schema", "there is no PostgreSQL store"),
      Ignored("Store.MaxIdleConns", "connections are kept"),
      Ignored("Store.ConnMaxLifeTime", "a connection is kept for as long as it works"),
      Ignored("Store.FinishedDataExpire", "Store.DataExpire decides how long finished transactions are kept"),
      Ignored("Store.RedisPrefix", "there is no Redis store"),
      Ignored("TransCronInterval", "due transactions are woken to the millisecond, not polled"),
      Ignored("MicroService.Driver", "there are no service-discovery drivers"),
      Ignored("MicroService.Target", "there are no service-discovery drivers"),
      Ignored("MicroService.EndPoint", "there are no service-discovery drivers"),
      Ignored("HttpMicroService.Driver", "there are no service-discovery drivers"),
      Ignored("HttpMicroService.RegistryType", "there are no service-discovery drivers"),
      Ignored("HttpMicroService.RegistryAddress", "there are no service-discovery drivers"),
      Ignored("HttpMicroService.RegistryOptions", "there are no service-discovery drivers"),
      Ignored("HttpMicroService.Target", "there are no service-discovery drivers"),
      Ignored("HttpMicroService.EndPoint", "there are no service-discovery drivers"),
      Ignored("UpdateBranchAsyncGoroutineNum", "changes are committed in groups by one thread"),
      Ignored("Log.RotationEnable", "rotate the files from outside and send SIGHUP"),
      Ignored("Log.RotationConfigJSON", "rotate the files from outside and send SIGHUP"),
      Ignored("TimeZoneOffset", "times are in UTC"),
      Ignored("ConfigUpdateInterval", "topics are read when they are needed, not polled"),
      Ignored("AdminBasePath", "this version has no console"),
  }};
}
// clang-format on

}  // namespace treaty::daemon::keys
