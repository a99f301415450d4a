#include "actors/http/request_reader.hpp"

#include "messages/annotations.hpp"

#include <algorithm>

namespace hive::http {
namespace {

using capnp::DynamicStruct;

class reader {
public:
  reader(const request& from, DynamicStruct::Builder root)
      : from_{from}, root_{root}, rules_{field_rules::of(root.getSchema())} {
    for (const auto& field : rules_)
      if (field.body)
        body_field_ = &field;
  }

  std::optional<json_error> read_url() {
    for (const auto& parameter : from_.path_parameters)
      if (auto wrong = read_parameter("path parameter ", parameter))
        return wrong;
    path_fields_ = given_.size();
    for (size_t i = 0; i < from_.query.size(); ++i)
      if (auto wrong = read_query(i))
        return wrong;
    return std::nullopt;
  }

  std::optional<json_error> read_all() {
    if (auto wrong = read_url())
      return wrong;
    if (auto wrong = read_body())
      return wrong;
    if (auto wrong = find_missing())
      return wrong;
    if (auto broken = check(root_.asReader()))
      return locate(std::move(*broken));
    return std::nullopt;
  }

private:
  /// A list may be in one parameter or in several; the first one represents all.
  std::optional<json_error> read_query(size_t place) {
    auto whole = from_.query[place];
    auto* field = find_field(root_.getSchema(), whole.first);
    if (!field || !is_query_field(*field))
      return refuse("query parameter " + whole.first + " is not known");
    bool is_list = field->field.getType().isList();
    if (is_given(*field))
      return is_list ? std::nullopt : refuse("query parameter " + whole.first + " is given twice");
    for (size_t i = place + 1; is_list && i < from_.query.size(); ++i)
      if (from_.query[i].first == whole.first)
        whole.second += "," + from_.query[i].second;
    return read_parameter("query parameter ", whole);
  }

  std::optional<json_error> read_parameter(const char* kind, const parameter& parameter) {
    auto* field = find_field(root_.getSchema(), parameter.first);
    if (!field)
      return json_error{ec::internal, {}, std::string{kind} + parameter.first + " has no field"};
    if (auto wrong = hive::detail::decode_text(parameter.second, root_, *field))
      return refuse(kind + parameter.first + " " + *wrong);
    given_.push_back(field);
    return std::nullopt;
  }

  std::optional<json_error> read_body() {
    if (!reads_body()) {
      if (!from_.body.empty())
        return refuse(std::string{to_string(from_.verb)} + " takes no body");
      return std::nullopt;
    }
    if (body_field_ && from_.body.empty())
      return refuse("a body is required: " + body_field_->json_name + " as JSON");
    auto text =
      // All fields may be in the URL; otherwise the reader reports what is missing.
      from_.body.empty() ? "{}" : from_.body;
    if (body_field_ && !body_field_->field.getType().isStruct())
      return hive::detail::decode_json_field(text, root_, *body_field_);
    if (!body_field_) {
      // The body may repeat fields of the URL, since a record read elsewhere contains all of them.
      auto given = given_;
      for (const auto& field : rules_)
        if (field.query && !is_given(field))
          given.push_back(&field);
      return hive::detail::decode_json(text, root_, given);
    }
    auto content = root_.init(body_field_->field).as<DynamicStruct>();
    return hive::detail::decode_json(text, content, repeat_path_in(content));
  }

  /// Also sets path parameters that the body's struct has, such as a snapshot's version.
  std::vector<const field_rules*> repeat_path_in(DynamicStruct::Builder content) {
    std::vector<const field_rules*> given;
    for (size_t i = 0; i < path_fields_; ++i) {
      auto* inner = find_field(content.getSchema(), given_[i]->json_name);
      if (!inner)
        continue;
      content.set(inner->field, root_.asReader().get(given_[i]->field));
      given.push_back(inner);
    }
    return given;
  }

  /// Finds missing fields that only the URL can provide; missing body fields are found while the body is read.
  std::optional<json_error> find_missing() const {
    for (const auto& field : rules_)
      if (field.required && is_query_field(field) && !is_given(field))
        return refuse("query parameter " + field.json_name + " is required");
    return std::nullopt;
  }

  /// Names a violation in the request's terms: the parameter's name, or the place in the body.
  json_error locate(violation broken) const {
    for (size_t i = 0; i < given_.size(); ++i)
      if (broken.pointer == "/" + given_[i]->json_name)
        return {ec::invalid,
                {},
                (i < path_fields_ ? "path parameter " : "query parameter ") + given_[i]->json_name + " " + broken.rule};
    if (body_field_)
      broken.pointer.erase(0, 1 + body_field_->json_name.size());
    return {ec::invalid, std::move(broken.pointer), std::move(broken.rule)};
  }

  bool is_query_field(const field_rules& field) const {
    bool in_path = std::any_of(from_.path_parameters.begin(), from_.path_parameters.end(),
                               [&](const parameter& known) { return known.first == field.json_name; });
    return !in_path && (field.query || !reads_body());
  }

  /// DELETE takes its fields from the query string or from a body, since some clients and proxies drop a DELETE's body.
  bool reads_body() const {
    return has_body(from_.verb) || (from_.verb == method::delete_ && !from_.body.empty());
  }

  bool is_given(const field_rules& field) const {
    return std::find(given_.begin(), given_.end(), &field) != given_.end();
  }

  static std::optional<json_error> refuse(std::string text) {
    return json_error{ec::invalid, {}, std::move(text)};
  }

  const request& from_;
  DynamicStruct::Builder root_;
  const std::vector<field_rules>& rules_;
  const field_rules* body_field_ = nullptr;
  std::vector<const field_rules*> given_; ///< fields given in the URL: path fields first, then query fields
  size_t path_fields_ = 0;
};

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t'))
    text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t'))
    text.remove_suffix(1);
  return text;
}

bool same_ignoring_case(std::string_view a, std::string_view b) {
  auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [&](char x, char y) { return lower(x) == lower(y); });
}

/// Whether a Content-Type parameter is compatible with UTF-8. RFC 9110, 8.3.1.
bool agrees_with_utf8(std::string_view parameter) {
  auto equals = parameter.find('=');
  if (!same_ignoring_case(trim(parameter.substr(0, equals)), "charset"))
    return true;
  auto value = equals == parameter.npos ? std::string_view{} : trim(parameter.substr(equals + 1));
  if (value.size() >= 2 && value.front() == '"' && value.back() == '"')
    value = value.substr(1, value.size() - 2);
  return same_ignoring_case(value, "utf-8") || same_ignoring_case(value, "utf8"); // many clients send the latter
}

/// Whether the Content-Type is this media type in UTF-8.
bool is_text_of(std::string_view content_type, std::string_view media_type) {
  auto end = std::min(content_type.find(';'), content_type.size());
  if (!same_ignoring_case(trim(content_type.substr(0, end)), media_type))
    return false;
  while (end < content_type.size()) {
    content_type.remove_prefix(end + 1);
    end = std::min(content_type.find(';'), content_type.size());
    if (!agrees_with_utf8(content_type.substr(0, end)))
      return false;
  }
  return true;
}

} // namespace

bool has_body(method verb) {
  return verb == method::post || verb == method::put;
}

bool is_json(std::string_view content_type) {
  return is_text_of(content_type, "application/json");
}

bool is_ndjson(std::string_view content_type) {
  return is_text_of(content_type, "application/x-ndjson");
}

namespace detail {

std::optional<json_error> fill(const request& from, DynamicStruct::Builder root) {
  return reader{from, root}.read_all();
}

std::optional<json_error> fill_from_url(const request& from, DynamicStruct::Builder root) {
  return reader{from, root}.read_url();
}

} // namespace detail
} // namespace hive::http
