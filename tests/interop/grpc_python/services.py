"""Tells what reflection and the health service say of treatyd: `services.py TREATYD`."""

import json
import sys

import grpc
from google.protobuf import descriptor_pool
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import proto_reflection_descriptor_database as reflection

SECONDS = 10


def told(ask):
    """What it returns, or the name of the status it fails with."""
    try:
        return ask()
    except grpc.RpcError as error:
        return error.code().name


def methods(database):
    """The API's methods, as the descriptors that the server hands out have them."""
    pool = descriptor_pool.DescriptorPool()
    for name in ("google/protobuf/empty.proto", "dtmgimp/dtm.proto"):
        pool.Add(database.FindFileByName(name))
    return sorted(pool.FindServiceByName("dtmgimp.Dtm").methods_by_name)


def status_name(response):
    return health_pb2.HealthCheckResponse.ServingStatus.Name(response.status)


def main():
    with grpc.insecure_channel(sys.argv[1]) as channel:
        database = reflection.ProtoReflectionDescriptorDatabase(channel)
        health = health_pb2_grpc.HealthStub(channel)
        asked = {name: health_pb2.HealthCheckRequest(service=name)
                 for name in ("", "dtmgimp.Dtm", "nobody.Knows")}
        print(json.dumps({
            "services": told(lambda: sorted(database.get_services())),
            "methods": told(lambda: methods(database)),
            "checks": {name: told(lambda: status_name(health.Check(request, timeout=SECONDS)))
                       for name, request in asked.items()},
            "watches": {name: told(lambda: status_name(next(health.Watch(request,
                                                                         timeout=SECONDS))))
                        for name, request in asked.items()}}))


if __name__ == "__main__":
    main()
