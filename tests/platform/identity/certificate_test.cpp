#include "messages/ec.hpp"
#include "platform/identity/certificate_authority.hpp"
#include "platform/identity/credentials.hpp"
#include "tests/support/files.hpp"
#include "tests/support/temporary_directory.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hive {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

constexpr int64_t now = 1'800'000'000;
constexpr int64_t day = 86'400;

certified_key ca_named(const std::string& name) {
  return *make_ca(name, now - day, now + 100 * day);
}

/// A directory with a CA and the files that it issued.
class certificates_test : public testing::Test {
protected:
  fs::path path(const std::string& name) const {
    return folder_.path() / name;
  }

  /// Issues a node's directory `name` from the CA `ca`, which is created if it does not exist.
  fs::path issue(const std::string& name, certificate_role role = certificate_role::node, const std::string& ca = "ca",
                 uint32_t days = 10) {
    if (!fs::exists(path(ca))) {
      auto made = create_ca(path(ca), "hive", 100, now);
      EXPECT_TRUE(made) << text_of(made.error());
    }
    auto issued = issue_into(path(ca), path(name), role, name, days, now);
    EXPECT_TRUE(issued) << text_of(issued.error());
    return path(name);
  }

  static caf::error load_error(const fs::path& directory, int64_t at = now) {
    auto loaded = load_credentials(directory, certificate_role::node, at);
    return loaded ? caf::error{} : loaded.error();
  }

  static void expect_refused(const caf::error& error, ec code, const std::vector<std::string>& named) {
    EXPECT_EQ(code_of(error), code) << text_of(error);
    for (const auto& part : named)
      EXPECT_THAT(text_of(error), HasSubstr(part));
  }

  temporary_directory folder_;
};

TEST_F(certificates_test, say_who_their_holder_is) {
  for (auto role : {certificate_role::node, certificate_role::engine}) {
    auto name = "the-" + std::string{to_string(role)};
    auto loaded = load_credentials(issue(name, role), role, now);
    ASSERT_TRUE(loaded) << text_of(loaded.error());
    EXPECT_EQ(loaded->own.cert.name(), name);
    EXPECT_EQ(*loaded->own.cert.role(), role);
    EXPECT_EQ(loaded->own.cert.not_after(), now + 10 * day);
    auto again = certificate::from_der(loaded->own.cert.der());
    ASSERT_TRUE(again);
    EXPECT_EQ(*again, loaded->own.cert);
  }
}

TEST_F(certificates_test, keys_are_readable_by_their_owner_alone) {
  issue("n");
  for (const auto* key : {"ca/ca-key.pem", "n/key.pem"})
    EXPECT_EQ(fs::status(path(key)).permissions(), fs::perms::owner_read | fs::perms::owner_write) << key;
  fs::permissions(path("n/key.pem"), fs::perms::group_read, fs::perm_options::add);
  expect_refused(load_error(path("n")), ec::forbidden, {"n/key.pem", "others"});
}

TEST_F(certificates_test, replace_nothing_and_leave_nothing_half_done) {
  issue("n");
  auto key = file_text(path("n/key.pem")), ca_key = file_text(path("ca/ca-key.pem"));
  expect_refused(issue_into(path("ca"), path("n"), certificate_role::node, "n", 1, now).error(), ec::already_exists,
                 {"n/key.pem"});
  expect_refused(create_ca(path("ca"), "hive", 1, now).error(), ec::already_exists, {"ca/ca-key.pem"});
  EXPECT_EQ(file_text(path("n/key.pem")), key);
  EXPECT_EQ(file_text(path("ca/ca-key.pem")), ca_key);

  put_file(path("half/ca.pem"), "mine");
  expect_refused(issue_into(path("ca"), path("half"), certificate_role::node, "n", 1, now).error(), ec::already_exists,
                 {"half/ca.pem"});
  EXPECT_FALSE(fs::exists(path("half/key.pem")));
  EXPECT_FALSE(fs::exists(path("half/cert.pem")));
  EXPECT_EQ(file_text(path("half/ca.pem")), "mine");
}

TEST_F(certificates_test, every_missing_or_damaged_file_is_named) {
  for (const auto* name : {"ca.pem", "cert.pem", "key.pem"}) {
    auto node = issue(std::string{"without-"} + name);
    auto content = file_text(node / name);
    fs::remove(node / name);
    expect_refused(load_error(node), ec::not_found, {(node / name).string(), "missing"});
    put_file(node / name, "not PEM at all");
    fs::permissions(node / name, fs::perms::owner_read | fs::perms::owner_write);
    expect_refused(load_error(node), ec::malformed, {(node / name).string()});
    put_file(node / name, content.substr(0, content.size() / 2));
    expect_refused(load_error(node), ec::malformed, {(node / name).string()});
    put_file(node / name, content);
    EXPECT_FALSE(load_error(node));
  }
}

TEST_F(certificates_test, a_swapped_key_is_refused) {
  auto mine = issue("mine"), other = issue("other");
  put_file(mine / "key.pem", file_text(other / "key.pem"));
  expect_refused(load_error(mine), ec::forbidden, {"mine/key.pem", "not the key", "mine/cert.pem"});
}

TEST_F(certificates_test, another_ca_is_refused) {
  auto mine = issue("mine"), other = issue("other", certificate_role::node, "other-ca");
  put_file(mine / "ca.pem", file_text(other / "ca.pem"));
  expect_refused(load_error(mine), ec::forbidden, {"mine/cert.pem", "mine/ca.pem"});
}

TEST_F(certificates_test, the_other_role_is_refused) {
  expect_refused(load_error(issue("e", certificate_role::engine)), ec::forbidden, {"e/cert.pem", "engine", "node"});
}

TEST_F(certificates_test, dates_are_checked) {
  auto node = issue("n");
  EXPECT_FALSE(load_error(node, now + 10 * day - 1));
  expect_refused(load_error(node, now + 10 * day), ec::forbidden, {"n/cert.pem", "expired at 2027-01-25T08:00:00Z"});
  expect_refused(load_error(node, now - day), ec::forbidden, {"n/ca.pem", "valid only from"});
  expect_refused(load_error(node, now + 101 * day), ec::forbidden, {"n/ca.pem", "expired"});
}

TEST_F(certificates_test, none_outlives_its_ca) {
  auto node = issue("n", certificate_role::node, "ca", 1'000);
  EXPECT_EQ(load_credentials(node, certificate_role::node, now)->own.cert.not_after(), now + 100 * day);
  auto ca = ca_named("hive");
  EXPECT_EQ(code_of(issue_certificate(ca, {certificate_role::node, "n", now, now + 101 * day}).error()), ec::invalid);
  EXPECT_EQ(code_of(issue_into(path("ca"), path("late"), certificate_role::node, "n", 1, now + 100 * day).error()),
            ec::forbidden);
}

TEST(certificate, a_holder_cannot_issue) {
  auto ca = ca_named("hive");
  auto node = *issue_certificate(ca, {certificate_role::node, "n", now, now + day});
  auto child = *issue_certificate(node, {certificate_role::node, "child", now, now + day});
  EXPECT_EQ(code_of(child.cert.verify_against({ca.cert}, now)), ec::forbidden);
  EXPECT_EQ(code_of(child.cert.verify_against({node.cert}, now)), ec::forbidden);
}

TEST(certificate, a_ca_of_the_same_name_is_another_ca) {
  auto ca = ca_named("hive"), impostor = ca_named("hive");
  auto node = *issue_certificate(impostor, {certificate_role::node, "n", now, now + day});
  EXPECT_FALSE(node.cert.verify_against({impostor.cert}, now));
  EXPECT_EQ(code_of(node.cert.verify_against({ca.cert}, now)), ec::forbidden);
}

TEST(certificate, serials_do_not_repeat) {
  auto ca = ca_named("hive");
  auto first = *issue_certificate(ca, {certificate_role::node, "n", now, now + day});
  auto second = *issue_certificate(ca, {certificate_role::node, "n", now, now + day});
  EXPECT_FALSE(first.cert == second.cert);
}

TEST(certificate, names_are_ids) {
  auto ca = ca_named("hive");
  for (const char* name : {"", "a b", "a,URI:hivemark:role:engine", "a/CN=b", "-a"})
    EXPECT_EQ(code_of(issue_certificate(ca, {certificate_role::node, name, now, now + day}).error()), ec::invalid)
      << name;
}

TEST(certificate, der_with_anything_behind_it_is_refused) {
  auto der = ca_named("hive").cert.der();
  EXPECT_TRUE(certificate::from_der(der));
  EXPECT_FALSE(certificate::from_der(der + "x"));
  EXPECT_FALSE(certificate::from_der(der.substr(0, der.size() - 1)));
  EXPECT_FALSE(certificate::from_der(""));
}

TEST(certificate, signs_statements) {
  auto ca = ca_named("hive");
  auto holder = *issue_certificate(ca, {certificate_role::node, "n", now, now + day});
  auto other = *issue_certificate(ca, {certificate_role::node, "n", now, now + day});
  auto signature = *holder.key.sign("statement");
  EXPECT_TRUE(holder.cert.has_signed("statement", signature));
  EXPECT_FALSE(holder.cert.has_signed("statemenT", signature));
  EXPECT_FALSE(other.cert.has_signed("statement", signature));
  for (size_t i = 0; i < signature.size(); ++i) {
    auto damaged = signature;
    damaged[i] = static_cast<char>(damaged[i] ^ 1);
    EXPECT_FALSE(holder.cert.has_signed("statement", damaged)) << i;
  }
  EXPECT_FALSE(holder.cert.has_signed("statement", ""));
}

TEST(certificate, admits_the_node_it_signed_and_no_other) {
  auto ca = ca_named("hive");
  auto admit = [&](certificate_role role, const certified_key& issuer) {
    auto holder = *issue_certificate(issuer, {role, "n", now, now + day});
    return credentials{{ca.cert}, holder, role};
  };
  auto node = admit(certificate_role::node, ca);
  auto der = node.own.cert.der();
  auto signature = *node.sign_admission({"0011"});
  auto judge = [&](std::string_view certificate, const char* id, std::string_view by, int64_t when) {
    auto cert = check_admission({ca.cert}, certificate, {id}, by, when);
    return cert ? ec::none : code_of(cert.error());
  };
  EXPECT_EQ(judge(der, "0011", signature, now), ec::none);
  EXPECT_EQ(judge(der, "0012", signature, now), ec::integrity_violated);
  EXPECT_EQ(judge(der, "0011", signature, now + 2 * day), ec::forbidden);
  EXPECT_EQ(judge("junk", "0011", signature, now), ec::malformed);

  auto engine = admit(certificate_role::engine, ca);
  EXPECT_EQ(judge(engine.own.cert.der(), "0011", *engine.sign_admission({"0011"}), now), ec::forbidden);
  auto stranger = admit(certificate_role::node, ca_named("hive"));
  EXPECT_EQ(judge(stranger.own.cert.der(), "0011", *stranger.sign_admission({"0011"}), now), ec::forbidden);
}

} // namespace
} // namespace hive
