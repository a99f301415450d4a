// CAF 0.17.6 sometimes leaks the broker of its connections when an actor system ends, with all that the broker holds.
// hived has a single actor system, and the process ends with it.

extern "C" const char* __lsan_default_suppressions() { // NOLINT: LeakSanitizer looks for this name
  return "leak:caf::io::basp_broker\n";
}
