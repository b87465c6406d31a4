#include "exchange/receipt.h"

#include <doctest/doctest.h>

#include <string>

using namespace fairlead;
using exchange::Kept;
using exchange::Receipt;
using exchange::Receipts;

namespace {

Receipt& keep(Receipts& receipts, Kept kept, std::uint64_t id) {
  Receipt& receipt = receipts.next(kept);
  receipt = {};
  receipt.id = id;
  receipt.kept = kept;
  return receipt;
}

}  // namespace

TEST_CASE("a receipt is found until newer ones of its class have taken its place") {
  Receipts receipts;
  CHECK(receipts.find(7) == nullptr);
  keep(receipts, Kept::kFailed, 7);
  for (std::uint64_t id = 1000; id < 4000; ++id) keep(receipts, Kept::kRefused, id);
  REQUIRE(receipts.find(7) != nullptr);
  CHECK(receipts.find(7)->kept == Kept::kFailed);
  CHECK(receipts.find(3999) != nullptr);
  CHECK(receipts.find(3999 - 511) != nullptr);
  CHECK(receipts.find(3999 - 512) == nullptr);
}

TEST_CASE("one request in sixty-four is sampled") {
  Receipts receipts;
  int sampled = 0;
  for (int i = 0; i < 640; ++i) sampled += receipts.is_sampled() ? 1 : 0;
  CHECK(sampled == 10);
}

TEST_CASE("an id is read as it is written") {
  CHECK(exchange::receipt_id("00000000000000ff") == 255);
  CHECK(exchange::receipt_id("fedcba9876543210") == 0xfedcba9876543210);
  for (const char* wrong : {"", "ff", "00000000000000FF", "00000000000000fg", "000000000000000ff"}) {
    CHECK(exchange::receipt_id(wrong) == 0);
  }
}

TEST_CASE("texts that do not fit are cut off, times that did not come are left out") {
  Receipts receipts;
  Receipt& receipt = keep(receipts, Kept::kFailed, 1);
  receipt.router = std::string(500, 'r');
  receipt.head_read = 10 * kSecond;
  receipt.accepted = 9 * kSecond;
  receipt.ended = 10 * kSecond + 5 * kMicrosecond;
  receipt.tries = 9;
  for (exchange::ReceiptTry& one : receipt.servers) one.server = "http://s";
  JsonWriter json;
  exchange::write_receipt(receipt, 3, json);
  const std::string text = json.take();
  CHECK(text.find("\"router\":\"" + std::string(64, 'r') + "\"") != std::string::npos);
  CHECK(text.find("\"ended\":5,") != std::string::npos);
  CHECK(text.find("\"connectionAge\":1000000") != std::string::npos);
  CHECK(text.find("middlewaresDone") == std::string::npos);
  CHECK(text.find("\"tries\":9") != std::string::npos);
  CHECK(text.find("connected") == std::string::npos);
}

TEST_CASE("a wait for a turn is told where there was one, and ends with the request at the latest") {
  Receipts receipts;
  Receipt& receipt = keep(receipts, Kept::kFailed, 1);
  receipt.head_read = 10 * kSecond;
  receipt.ended = 12 * kSecond;
  JsonWriter without;
  exchange::write_receipt(receipt, 0, without);
  CHECK(without.take().find("queue") == std::string::npos);
  receipt.has_queue = true;
  receipt.queue.begun = 10 * kSecond + 7 * kMicrosecond;
  receipt.queue.key = std::string(500, 'k');
  JsonWriter cut;
  exchange::write_receipt(receipt, 0, cut);
  const std::string text = cut.take();
  CHECK(text.find("\"queue\":{\"begun\":7,\"ended\":2000000,\"waited\":1999993000,") != std::string::npos);
  CHECK(text.find("\"key\":\"" + std::string(64, 'k') + "\"") != std::string::npos);
}
