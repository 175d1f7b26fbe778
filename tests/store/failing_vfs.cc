// Wraps the default VFS; everything but writing and syncing goes straight through.

#include "store/failing_vfs.h"

#include <sqlite3.h>

#include <atomic>
#include <new>

namespace treaty::store_test {
namespace {

std::atomic<DiskFault> current_fault{DiskFault::kNone};
sqlite3_vfs* base_vfs = nullptr;

struct File {
  sqlite3_file base;
  bool is_database;

  sqlite3_file* real() { return reinterpret_cast<sqlite3_file*>(this + 1); }
  const sqlite3_io_methods& methods() { return *real()->pMethods; }
};

File& Of(sqlite3_file* file) { return *reinterpret_cast<File*>(file); }

int Close(sqlite3_file* f) { return Of(f).methods().xClose(Of(f).real()); }

int Read(sqlite3_file* f, void* to, int size, sqlite3_int64 at) {
  return Of(f).methods().xRead(Of(f).real(), to, size, at);
}

int Write(sqlite3_file* f, const void* from, int size, sqlite3_int64 at) {
  const DiskFault fault = current_fault.load();
  if (fault == DiskFault::kFull) return SQLITE_FULL;
  if (fault == DiskFault::kWriteError) return SQLITE_IOERR_WRITE;
  return Of(f).methods().xWrite(Of(f).real(), from, size, at);
}

int Truncate(sqlite3_file* f, sqlite3_int64 size) {
  return Of(f).methods().xTruncate(Of(f).real(), size);
}

int Sync(sqlite3_file* f, int flags) {
  const DiskFault fault = current_fault.load();
  if (fault == DiskFault::kSyncError) return SQLITE_IOERR_FSYNC;
  if (fault == DiskFault::kSyncErrorOfDatabase && Of(f).is_database) return SQLITE_IOERR_FSYNC;
  return Of(f).methods().xSync(Of(f).real(), flags);
}

int FileSize(sqlite3_file* f, sqlite3_int64* size) {
  return Of(f).methods().xFileSize(Of(f).real(), size);
}
int Lock(sqlite3_file* f, int level) { return Of(f).methods().xLock(Of(f).real(), level); }
int Unlock(sqlite3_file* f, int level) { return Of(f).methods().xUnlock(Of(f).real(), level); }
int CheckReserved(sqlite3_file* f, int* held) {
  return Of(f).methods().xCheckReservedLock(Of(f).real(), held);
}
int Control(sqlite3_file* f, int op, void* arg) {
  return Of(f).methods().xFileControl(Of(f).real(), op, arg);
}
int SectorSize(sqlite3_file* f) { return Of(f).methods().xSectorSize(Of(f).real()); }
int Characteristics(sqlite3_file* f) {
  return Of(f).methods().xDeviceCharacteristics(Of(f).real());
}
int ShmMap(sqlite3_file* f, int page, int size, int extend, void volatile** to) {
  return Of(f).methods().xShmMap(Of(f).real(), page, size, extend, to);
}
int ShmLock(sqlite3_file* f, int offset, int count, int flags) {
  return Of(f).methods().xShmLock(Of(f).real(), offset, count, flags);
}
void ShmBarrier(sqlite3_file* f) { Of(f).methods().xShmBarrier(Of(f).real()); }
int ShmUnmap(sqlite3_file* f, int remove) {
  return Of(f).methods().xShmUnmap(Of(f).real(), remove);
}

constexpr sqlite3_io_methods kMethods = {
    2,        Close,         Read,    Write,      Truncate,        Sync,   FileSize, Lock,
    Unlock,   CheckReserved, Control, SectorSize, Characteristics, ShmMap, ShmLock,  ShmBarrier,
    ShmUnmap, nullptr,       nullptr};

int Open(sqlite3_vfs*, const char* name, sqlite3_file* f, int flags, int* out_flags) {
  File& file = *new (f) File{};
  file.is_database = (flags & SQLITE_OPEN_MAIN_DB) != 0;
  const int code = base_vfs->xOpen(base_vfs, name, file.real(), flags, out_flags);
  file.base.pMethods = file.real()->pMethods == nullptr ? nullptr : &kMethods;
  return code;
}

}  // namespace

void InstallFailingVfs() {
  if (base_vfs != nullptr) return;
  base_vfs = sqlite3_vfs_find(nullptr);
  static sqlite3_vfs failing = *base_vfs;
  failing.zName = "failing";
  failing.szOsFile = static_cast<int>(sizeof(File)) + base_vfs->szOsFile;
  failing.xOpen = Open;
  sqlite3_vfs_register(&failing, 1);
}

void SetDiskFault(DiskFault fault) { current_fault.store(fault); }

}  // namespace treaty::store_test
