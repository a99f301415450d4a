#include "storage/input_store.hpp"

#include "tests/support/temporary_directory.hpp"

#include <gtest/gtest.h>

namespace hive {
namespace {

class input_store_test : public ::testing::Test {
protected:
  input_store_test() {
    auto opened = database::open({.directory = temp.path()});
    if (!opened)
      throw std::runtime_error(text_of(opened.error()));
    db = std::move(*opened);
  }

  static msg<wire::ModelInput> input(double latency_ms) {
    return msg<wire::ModelInput>::build(
      [&](wire::ModelInput::Builder out) { out.initObservations(1)[0].setLatencyMs(latency_ms); });
  }

  temporary_directory temp;
  std::unique_ptr<database> db;
};

TEST_F(input_store_test, is_empty_at_first) {
  input_store store{*db};
  EXPECT_TRUE(store.models()->empty());
  EXPECT_FALSE(store.model("m")->has_value());
  EXPECT_FALSE(store.world_model()->has_value());
}

TEST_F(input_store_test, keeps_each_model_by_its_id) {
  write_set writes;
  input_store::put_model(writes, "a", input(1));
  input_store::put_model(writes, "a.b", input(2));
  input_store::put_model(writes, "b", input(3));
  // Other entries of the column must not be taken for models.
  writes.put(column::inputs, keys::adapter("a"), "no model");
  writes.put(column::inputs, keys::world_model(), msg<wire::WorldModelInput>{}.bytes());
  ASSERT_FALSE(db->write(writes));
  auto models = input_store{*db}.models();
  ASSERT_TRUE(models) << text_of(models.error());
  ASSERT_EQ(models->size(), 3u);
  EXPECT_EQ(models->at("a.b")->getObservations()[0].getLatencyMs(), 2);
  auto one = input_store{*db}.model("b");
  ASSERT_TRUE(one && *one);
  EXPECT_EQ((**one)->getObservations()[0].getLatencyMs(), 3);
}

TEST_F(input_store_test, keeps_the_world_model) {
  write_set writes;
  input_store::put_world_model(writes, msg<wire::WorldModelInput>::build([](wire::WorldModelInput::Builder out) {
                                 out.initStats().setHivemindQueries(7);
                                 out.setRestarts(2);
                               }));
  ASSERT_FALSE(db->write(writes));
  auto kept = input_store{*db}.world_model();
  ASSERT_TRUE(kept && *kept);
  EXPECT_EQ((**kept)->getStats().getHivemindQueries(), 7u);
  EXPECT_EQ((**kept)->getRestarts(), 2u);
}

TEST_F(input_store_test, damage_is_an_error_that_names_the_record) {
  write_set writes;
  input_store::put_model(writes, "good", input(1));
  writes.put(column::inputs, keys::model("odd"), "12345678");
  writes.put(column::inputs, keys::world_model(), "short");
  ASSERT_FALSE(db->write(writes));
  auto models = input_store{*db}.models();
  ASSERT_FALSE(models);
  EXPECT_EQ(code_of(models.error()), ec::corrupt);
  EXPECT_NE(text_of(models.error()).find("model/odd"), std::string::npos) << text_of(models.error());
  EXPECT_EQ(code_of(input_store{*db}.world_model().error()), ec::corrupt);
}

} // namespace
} // namespace hive
