#include "tls/ticket_keys.h"

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include <cstring>

#include "base/assert.h"

namespace fairlead::tls {
namespace {

constexpr std::size_t kVectorBytes = 16;  // of AES in CBC mode

TicketKeys::Key fresh_key() {
  TicketKeys::Key key{};
  FAIRLEAD_CHECK(RAND_bytes(key.name.data(), key.name.size()) == 1);
  FAIRLEAD_CHECK(RAND_bytes(key.aes.data(), key.aes.size()) == 1);
  FAIRLEAD_CHECK(RAND_bytes(key.hmac.data(), key.hmac.size()) == 1);
  return key;
}

bool has_name(const TicketKeys::Key& key, const std::uint8_t* name) {
  return std::memcmp(name, key.name.data(), key.name.size()) == 0;
}

/// A copy of a key that does not stay on the stack.
struct Borrowed {
  TicketKeys::Key key{};
  ~Borrowed() { OPENSSL_cleanse(&key, sizeof(key)); }
};

}  // namespace

TicketKeys::TicketKeys(Clock clock) : clock_(clock) {}

TicketKeys::~TicketKeys() {
  OPENSSL_cleanse(&current_, sizeof(current_));
  OPENSSL_cleanse(&previous_, sizeof(previous_));
}

void TicketKeys::rotate() {
  const Nanos now = clock_();
  if (made_ && now - *made_ < kPeriod) return;
  previous_ = made_ && now - *made_ < 2 * kPeriod ? current_ : fresh_key();
  current_ = fresh_key();
  made_ = now;
}

TicketKeys::Key TicketKeys::current() {
  const std::lock_guard lock(mutex_);
  rotate();
  return current_;
}

TicketKeys::Found TicketKeys::find(const std::uint8_t* name, Key& key) {
  const std::lock_guard lock(mutex_);
  rotate();
  if (has_name(current_, name)) {
    key = current_;
    return Found::kCurrent;
  }
  if (!has_name(previous_, name)) return Found::kUnknown;
  key = previous_;
  return Found::kPrevious;
}

int TicketKeys::prepare(std::uint8_t* name, std::uint8_t* iv, EVP_CIPHER_CTX* cipher, TicketMac* mac, bool seals) {
  Borrowed borrowed{};
  Key& key = borrowed.key;
  Found found = Found::kCurrent;
  if (seals) {
    key = current();
    std::memcpy(name, key.name.data(), key.name.size());
    if (RAND_bytes(iv, kVectorBytes) != 1) return -1;
  } else {
    found = find(name, key);
    if (found == Found::kUnknown) return 0;
  }
  if (EVP_CipherInit_ex(cipher, EVP_aes_256_cbc(), nullptr, key.aes.data(), iv, seals ? 1 : 0) != 1) return -1;
  if (!key_ticket_mac(mac, key.hmac)) return -1;
  return found == Found::kPrevious ? 2 : 1;
}

}  // namespace fairlead::tls
