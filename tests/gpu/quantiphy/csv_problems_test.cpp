#include "gpu/quantiphy/csv_problems.hpp"

#include "messages/ec.hpp"

#include <gtest/gtest.h>

namespace hive::quantiphy {
namespace {

const std::string header =
  "id,video_type,inference_type,question,ground_truth_prior,depth_info,ground_truth_posterior\n";

TEST(csv_problems, a_row_becomes_a_question_with_its_measurements) {
  auto read =
    read_csv_problems(header + "1,S2MC,SS,What is the length of the block in cm?,ruler calibre = 1cm,,9.9\n" +
                      "2,S3MC,DS,\"How fast is \"\"it\"\", in m/s?\",\"a, b\",\"camera: 2m\nball: 3m\",1.5\r\n");
  ASSERT_TRUE(read) << text_of(read.error());
  ASSERT_EQ(read->problems.size(), 2u);
  EXPECT_EQ(read->left_out, 0u);
  const auto& first = read->problems[0];
  EXPECT_EQ(first.category, "S2");
  EXPECT_EQ(first.text, "Known from the video: ruler calibre = 1cm. What is the length of the block in cm?");
  EXPECT_EQ(first.truth, 9.9);
  EXPECT_EQ(first.asked->si, .01);
  const auto& second = read->problems[1];
  EXPECT_EQ(second.category, "D3");
  EXPECT_EQ(second.text, "Known from the video: a, b. Depth: camera: 2m\nball: 3m. How fast is \"it\", in m/s?");
}

TEST(csv_problems, rows_that_cannot_be_scored_are_counted) {
  auto read = read_csv_problems(header + "1,S2MC,SS,q in m?,,,-1\n2,S2MC,SS,q,,,\n3,,SS,q,,,1\n4,S9,SS,q,,,1\n\n" +
                                "5,S2MC,SS,q,,,2\n");
  ASSERT_TRUE(read) << text_of(read.error());
  EXPECT_EQ(read->problems.size(), 1u);
  EXPECT_EQ(read->left_out, 4u);
}

TEST(csv_problems, what_is_broken_is_named) {
  auto error = [](const std::string& text) {
    auto read = read_csv_problems(text);
    return read ? "it was read" : text_of(read.error());
  };
  EXPECT_EQ(error(""), "the CSV file has no column question");
  EXPECT_EQ(error("question,depth_info\n"), "the CSV file has no column ground_truth_prior");
  EXPECT_EQ(error(header + "1,S2MC,SS,q,,,2\n1,2\n"), "row 2 of the CSV file is broken");
  EXPECT_EQ(error(header + "1,S2MC,SS,\"q,,,2\n"), "row 1 of the CSV file is broken");
  EXPECT_EQ(error(header + "1,S2MC,SS,\"q\"x,,,2\n"), "row 1 of the CSV file is broken");
  EXPECT_EQ(error(header), "the CSV file has no question with a category and a positive answer");
  EXPECT_EQ(error("\xFF\xFE"), "the CSV file is not UTF-8");
}

} // namespace
} // namespace hive::quantiphy
