@0xf2a4c0d1e83b6a70;
# What hive-gpu-probe prints: one GpuReport per poll. Whatever could not be read is absent, never 0. And what
# hive-gpu-report prints: a GpuMeasurement per device.

using Cxx = import "/capnp/c++.capnp";
using Hive = import "annotations.capnp";
$Cxx.namespace("hive::wire");

enum GpuLibraryState {
  unusable @0 $Hive.doc("The library is there and cannot be used: nothing is known of the devices.");
  absent @1 $Hive.doc("There is no library, or the driver is not loaded: the machine has no usable GPU.");
  usable @2;
}

enum GpuState {
  unreadable @0 $Hive.doc("The driver refuses what a lease needs: identity or memory.");
  ok @1;
  lost @2 $Hive.doc("It fell off the bus, or the driver no longer lists it.");
  resetRequired @3 $Hive.doc("It needs a reset before it can be used.");
}

enum GpuFlag {
  unknown @0;
  no @1;
  yes @2;
}

enum GpuMigMode {
  unknown @0;
  unsupported @1 $Hive.doc("The device cannot be divided.");
  disabled @2;
  enabled @3;
}

enum GpuComputeMode {
  unknown @0;
  default @1;
  exclusiveThread @2;
  prohibited @3;
  exclusiveProcess @4;
}

struct GpuFault $Hive.doc("A call that the management library refused.") {
  code @0 :Int32 $Hive.doc("NVML's code; 0 when no call failed.");
  text @1 :Text $Hive.required $Hive.maxLength(512) $Hive.doc("Names the call and the code's meaning.");
}

struct GpuMemory $Hive.doc("MiB. A part is rounded against its user: free down, all others up.") {
  totalMib @0 :UInt64;
  reservedMib @1 :UInt64 $Hive.doc("Taken by driver and firmware; nobody can allocate it.");
  usedMib @2 :UInt64 $Hive.doc("Allocated, without what is reserved.");
  freeMib @3 :UInt64;
}

struct GpuProcess {
  pid @0 :UInt32;
  usedMib @1 :Float64 = nan $Hive.nullable;
  maxUsedMib @2 :Float64 = nan $Hive.nullable $Hive.doc("High-water mark of the driver's accounting, if it is on.");
}

struct GpuProcesses {
  list @0 :List(GpuProcess) $Hive.maxLength(1024) $Hive.doc("By pid; each once.");
}

struct GpuRemappedRows {
  correctable @0 :UInt32;
  uncorrectable @1 :UInt32;
  pending @2 :Bool $Hive.doc("A reset will remap rows.");
  failed @3 :Bool;
}

struct GpuClockEvents $Hive.doc("Why the clocks are what they are, as bits of NVML's clock event reasons.") {
  bits @0 :UInt64;
}

struct GpuReading $Hive.doc("One device as of one poll.") {
  index @0 :UInt32 $Hive.doc("The driver's number; it may change when the driver is loaded anew.");
  uuid @1 :Text $Hive.maxLength(96);
  name @2 :Text $Hive.maxLength(96);
  minor @3 :Float64 = nan $Hive.nullable $Hive.doc("N of /dev/nvidiaN.");
  state @4 :GpuState;
  fault @5 :GpuFault $Hive.doc("Why the state is not ok.");
  memory @6 :GpuMemory;
  processes @7 :GpuProcesses $Hive.doc("Absent when they cannot be listed, or are too many.");
  migMode @8 :GpuMigMode;
  migPending @9 :GpuMigMode $Hive.doc("The mode after the next reset.");
  migParent @10 :Bool $Hive.doc("Whether it is divided, or will be: its memory is not to be leased as a whole.");
  eccUncorrected @11 :Float64 = nan $Hive.nullable $Hive.doc("Uncorrected errors since the driver was loaded.");
  remappedRows @12 :GpuRemappedRows;
  retiredPagesPending @13 :GpuFlag;
  clockEvents @14 :GpuClockEvents;
  smMhz @15 :Float64 = nan $Hive.nullable;
  maxSmMhz @16 :Float64 = nan $Hive.nullable;
  memoryMhz @17 :Float64 = nan $Hive.nullable;
  maxMemoryMhz @18 :Float64 = nan $Hive.nullable;
  powerW @19 :Float64 = nan $Hive.nullable;
  powerLimitW @20 :Float64 = nan $Hive.nullable;
  energyJ @21 :Float64 = nan $Hive.nullable $Hive.doc("Since the driver was loaded.");
  temperatureC @22 :Float64 = nan $Hive.nullable;
  pcieGeneration @23 :Float64 = nan $Hive.nullable;
  pcieWidth @24 :Float64 = nan $Hive.nullable;
  maxPcieGeneration @25 :Float64 = nan $Hive.nullable;
  maxPcieWidth @26 :Float64 = nan $Hive.nullable;
  computeMode @27 :GpuComputeMode;
  persistence @28 :GpuFlag;
  utilisationPercent @29 :Float64 = nan $Hive.nullable;
  memoryUtilisationPercent @30 :Float64 = nan $Hive.nullable;
  accounting @31 :GpuFlag $Hive.doc("Whether the driver keeps high-water marks of processes.");
}

struct GpuReport $Hive.doc("One poll of all devices.") {
  time @0 :Int64 $Hive.unixMicros $Hive.doc("When the poll began.");
  monotonicUs @1 :UInt64 $Hive.doc("The same by the machine's monotonic clock, which orders readings.");
  pollUs @2 :UInt64 $Hive.doc("How long the poll took.");
  library @3 :Text $Hive.required $Hive.maxLength(4096) $Hive.doc("The management library as it was asked for.");
  libraryState @4 :GpuLibraryState;
  failure @5 :Text $Hive.maxLength(1024) $Hive.doc("Why the library is absent or unusable.");
  driver @6 :Text $Hive.maxLength(128) $Hive.doc("The driver's version.");
  memoryLimits @7 :Bool $Hive.doc("Whether the library can limit device memory per control group.");
  devices @8 :List(GpuReading) $Hive.maxLength(64);
}

struct GpuUnknown $Hive.doc("Nothing is known of the devices at the moment.") {
  reason @0 :Text $Hive.required $Hive.maxLength(1024);
}

struct GpuMeasurement $Hive.doc("A device as hive-gpu-report measured it.") {
  uuid @0 :Text $Hive.required $Hive.maxLength(96);
  name @1 :Text $Hive.maxLength(256);
  vramMib @2 :UInt64;
  computeCapability @3 :Text $Hive.maxLength(16);
  bandwidthGbS @4 :Float64 = nan $Hive.nullable $Hive.min(0) $Hive.doc(
      "Bytes read plus bytes written per second by copies within the device, in GB (10⁹ bytes).");
}
