#pragma once

#include <cstddef>
#include <cstdint>

/// Bounds of exports of OpenTelemetry spans.
namespace hive::defaults {

/// Size of an export after decompression. Collectors send batches of 8,192 spans; one of a kilobyte each fits.
inline constexpr size_t max_export_bytes = size_t{16} << 20;
/// Decompressed bytes of all exports that are being answered. Above it, the next one is to be sent again.
inline constexpr size_t max_export_bytes_in_flight = size_t{64} << 20;
/// Fields of an export in protobuf, as that of values in a JSON document: an empty part takes 2 bytes of text, but
/// about 200 of memory.
inline constexpr uint32_t max_export_fields = 500'000;
/// Spans of an export that become records, which is what one message of runs may hold.
inline constexpr size_t max_export_records = 10'000;
/// Agents in one export. Each takes a few messages and a write.
inline constexpr size_t max_export_agents = 256;
/// Spans between a span and the run to which it belongs.
inline constexpr size_t max_span_depth = 256;

} // namespace hive::defaults
