// Answers of name servers, right and wrong ones.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

namespace fairlead::test {

/// The answer to a question for the CNAME record of www.example.com, with one record when `target` is not empty.
struct DnsAnswer {
  std::uint16_t id = 7;
  /// A response without an error, by a server that asks others.
  std::uint16_t flags = 0x8180;
  std::string question = "www.example.com";
  std::uint16_t question_type = 5;
  /// Of the record; empty: the name of the question.
  std::string owner = {};
  std::uint16_t type = 5;
  std::uint32_t time_to_live = 60;
  std::string target = {};

  std::string bytes() const {
    std::string all = number(id) + number(flags) + number(1) + number(target.empty() ? 0 : 1) + number(0) + number(0);
    all += name(question) + number(question_type) + number(1);
    if (target.empty()) return all;
    const std::string data = name(target);
    all += name(owner.empty() ? question : owner) + number(type) + number(1);
    all += number(static_cast<std::uint16_t>(time_to_live >> 16)) + number(static_cast<std::uint16_t>(time_to_live));
    return all + number(static_cast<std::uint16_t>(data.size())) + data;
  }

 private:
  static std::string number(std::uint16_t value) {
    return {static_cast<char>(value >> 8), static_cast<char>(value & 0xff)};
  }
  static std::string name(std::string_view text) {
    std::string bytes;
    while (!text.empty()) {
      const std::string_view label = text.substr(0, text.find('.'));
      bytes.push_back(static_cast<char>(label.size()));
      bytes.append(label);
      text.remove_prefix(std::min(text.size(), label.size() + 1));
    }
    bytes.push_back('\0');
    return bytes;
  }
};

}  // namespace fairlead::test
