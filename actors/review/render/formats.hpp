#pragma once

#include "messages/msg.hpp"
#include "messages/review.capnp.h"
#include "messages/review_formats.capnp.h"

#include <string>
#include <string_view>

/// A finished review in the forms that other systems read. Names of tests and files come from strangers: each form
/// escapes them.
namespace hive::review {

/// First line of the Markdown form, by which a workflow finds its comment again.
inline constexpr std::string_view comment_marker = "<!-- hivemark-review -->";

/// GitHub's limits: characters of a comment and of a check run's text, and annotations per call.
inline constexpr size_t max_comment_bytes = 65'535;
inline constexpr size_t max_annotations_per_call = 50;

/// A comment in Markdown. Its second line is `<!-- hivemark-verdict: DECISION -->`, so that a workflow can tell whether
/// the verdict changed. A longer text is cut at max_comment_bytes and points to `link`, where everything is; empty: to
/// hivectl.
std::string to_markdown(wire::Review::Reader review, std::string_view link);

/// JUnit XML. A rejection is a failure; so are new failures, vanished tests and agents that got worse. What only needs
/// a look counts as skipped.
std::string to_junit(wire::Review::Reader review);

/// SARIF 2.1.0. `version` is that of the tool.
msg<wire::Sarif> to_sarif(wire::Review::Reader review, std::string_view version);

/// The bodies of the calls that make a GitHub check run, each within GitHub's limits.
msg<wire::CheckRuns> to_check_runs(wire::Review::Reader review, std::string_view link);

} // namespace hive::review
