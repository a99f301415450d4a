// Preloaded into hived by tests: the wall clock that the node reads is ahead by the number of seconds in the file that
// CLOCK_JUMP names; not ahead while the file does not exist. Monotonic clocks are unchanged.

#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <dlfcn.h>
#include <pthread.h>
#include <sys/time.h>
#include <time.h>

namespace {

/// Minimum interval between reads of the file.
constexpr int64_t look_every_ns = 20'000'000;
/// Larger times count from 1970 and not from the machine's start.
constexpr time_t surely_since_1970 = 1'000'000'000;

template <class Function>
Function real(const char* name) {
  return reinterpret_cast<Function>(::dlsym(RTLD_NEXT, name));
}

int real_clock(clockid_t which, timespec* out) {
  static auto function = real<int (*)(clockid_t, timespec*)>("clock_gettime");
  return function(which, out);
}

int64_t offset_s() {
  static std::atomic<int64_t> offset{0}, look_at{0};
  timespec now{};
  real_clock(CLOCK_MONOTONIC, &now);
  auto now_ns = int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
  auto due = look_at.load();
  if (now_ns < due || !look_at.compare_exchange_strong(due, now_ns + look_every_ns))
    return offset;
  long long seconds = 0;
  const char* name = std::getenv("CLOCK_JUMP");
  if (std::FILE* file = name ? std::fopen(name, "r") : nullptr) {
    if (std::fscanf(file, "%lld", &seconds) != 1)
      seconds = 0;
    std::fclose(file);
  }
  offset = seconds;
  return seconds;
}

} // namespace

extern "C" int clock_gettime(clockid_t which, timespec* out) {
  int result = real_clock(which, out);
  if (result == 0 && (which == CLOCK_REALTIME || which == CLOCK_REALTIME_COARSE))
    out->tv_sec += offset_s();
  return result;
}

extern "C" int gettimeofday(timeval* out, void*) {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  *out = {now.tv_sec, now.tv_nsec / 1'000};
  return 0;
}

extern "C" time_t time(time_t* out) {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  if (out)
    *out = now.tv_sec;
  return now.tv_sec;
}

/// A deadline given as a time of day refers to the shifted clock, but the kernel knows only the true one.
extern "C" int pthread_cond_timedwait(pthread_cond_t* condition, pthread_mutex_t* mutex, const timespec* until) {
  static auto function = real<int (*)(pthread_cond_t*, pthread_mutex_t*, const timespec*)>("pthread_cond_timedwait");
  timespec truly = *until;
  if (truly.tv_sec > surely_since_1970)
    truly.tv_sec -= offset_s();
  return function(condition, mutex, &truly);
}
