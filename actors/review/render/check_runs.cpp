#include "actors/review/render/formats.hpp"

#include "actors/review/render/remarks.hpp"
#include "messages/text.hpp"

#include <algorithm>
#include <iterator>

namespace hive::review {
namespace {

/// GitHub's limit for a check run's title is its own; a line is what it shows.
constexpr size_t max_check_title_bytes = 250;

wire::CheckConclusion conclusion_of(wire::ReviewDecision decision) {
  switch (decision) {
  case wire::ReviewDecision::APPROVE:
    return wire::CheckConclusion::SUCCESS;
  case wire::ReviewDecision::REJECT:
    return wire::CheckConclusion::FAILURE;
  case wire::ReviewDecision::FLAG:
    break;
  }
  return wire::CheckConclusion::ACTION_REQUIRED;
}

wire::AnnotationLevel annotation_level(remark_level level) {
  switch (level) {
  case remark_level::error:
    return wire::AnnotationLevel::FAILURE;
  case remark_level::warning:
    return wire::AnnotationLevel::WARNING;
  case remark_level::notice:
    break;
  }
  return wire::AnnotationLevel::NOTICE;
}

void fill_annotation(wire::CheckAnnotation::Builder out, const remark& from) {
  auto line = std::max<uint32_t>(from.line, 1);
  out.setPath(from.path);
  out.setStartLine(line);
  out.setEndLine(line);
  out.setAnnotationLevel(annotation_level(from.level));
  out.setMessage(from.text);
  out.setTitle(from.rule);
}

} // namespace

msg<wire::CheckRuns> to_check_runs(wire::Review::Reader review, std::string_view link) {
  std::vector<remark> placed;
  std::ranges::copy_if(remarks_of(review), std::back_inserter(placed),
                       [](const remark& from) { return !from.path.empty(); });
  auto summary = to_markdown(review, link);
  return msg<wire::CheckRuns>::build([&](wire::CheckRuns::Builder out) {
    auto count = std::max<size_t>(1, (placed.size() + max_annotations_per_call - 1) / max_annotations_per_call);
    auto calls = out.initCalls(static_cast<uint32_t>(count));
    for (uint32_t i = 0; i < calls.size(); ++i) {
      auto call = calls[i];
      call.setName("hivemark review");
      call.setHeadSha(review.getHead());
      call.setExternalId(review.getId());
      if (!link.empty())
        call.setDetailsUrl(std::string{link});
      call.setStatus(wire::CheckStatus::COMPLETED);
      call.setConclusion(conclusion_of(review.getDecision()));
      auto output = call.initOutput();
      output.setTitle(std::string{cut_text(as_view(review.getReason()), max_check_title_bytes)});
      output.setSummary(summary);
      auto begin = i * max_annotations_per_call;
      auto here = std::min(max_annotations_per_call, placed.size() - begin);
      auto annotations = output.initAnnotations(static_cast<uint32_t>(here));
      for (uint32_t j = 0; j < here; ++j)
        fill_annotation(annotations[j], placed[begin + j]);
    }
  });
}

} // namespace hive::review
