#pragma once

#include <string>

/// HTTP as nobody's library sends it.
namespace hive::cluster {

/// A request of a file, whose lines end as text files' do, as it goes over the wire: with its Content-Length, and
/// closed after the answer.
std::string as_request(const std::string& text);

/// Sends these bytes to ADDRESS:PORT (IPv4) and gives the status of the answer; 0 when there was none.
int raw_http_status(const std::string& endpoint, const std::string& bytes);

} // namespace hive::cluster
