#pragma once

/// Marks functions that run on the host and, where nvcc compiles them, on the device: the bodies of kernels. A kernel
/// is a loop over its body, which a device runs with a thread or a warp for each turn, and the host one after the
/// other, so that each is checked on the CPU against double precision.
#ifdef __CUDACC__
#define HIVE_BODY __host__ __device__
#else
#define HIVE_BODY
#endif
