// CAF 0.17.6 now and then leaves the broker of its connections behind when an actor system ends in this process, with
// all that the broker holds. A node has one actor system and ends with it.

extern "C" const char* __lsan_default_suppressions() { // NOLINT: LeakSanitizer looks for this name
  return "leak:caf::io::basp_broker\n";
}
