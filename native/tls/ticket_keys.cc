#include "tls/ticket_keys.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <cstring>

#include "base/assert.h"

namespace fairlead::tls {
namespace {

int context_slot() {
  static const int slot = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return slot;
}

TicketKeys::Key fresh_key() {
  TicketKeys::Key key;
  FAIRLEAD_CHECK(RAND_bytes(key.name.data(), key.name.size()) == 1);
  FAIRLEAD_CHECK(RAND_bytes(key.aes.data(), key.aes.size()) == 1);
  FAIRLEAD_CHECK(RAND_bytes(key.hmac.data(), key.hmac.size()) == 1);
  return key;
}

}  // namespace

std::shared_ptr<TicketKeys> make_ticket_keys() { return std::make_shared<TicketKeys>(); }

TicketKeys::TicketKeys(Clock clock) : clock_(clock), made_(clock()), current_(fresh_key()), previous_(fresh_key()) {}

void TicketKeys::rotate() {
  const Nanos age = clock_() - made_;
  if (age < kPeriod) return;
  previous_ = age < 2 * kPeriod ? current_ : fresh_key();
  current_ = fresh_key();
  made_ = clock_();
}

TicketKeys::Key TicketKeys::current() {
  const std::lock_guard lock(mutex_);
  rotate();
  return current_;
}

int TicketKeys::find(const std::uint8_t* name, Key& key) {
  const std::lock_guard lock(mutex_);
  rotate();
  if (std::memcmp(name, current_.name.data(), current_.name.size()) == 0) {
    key = current_;
    return 1;
  }
  if (std::memcmp(name, previous_.name.data(), previous_.name.size()) != 0) return 0;
  key = previous_;
  return 2;
}

bool TicketKeys::install(SSL_CTX* context) {
  return SSL_CTX_set_ex_data(context, context_slot(), this) == 1 &&
         SSL_CTX_set_tlsext_ticket_key_cb(context, callback) == 1;
}

int TicketKeys::callback(SSL* ssl, std::uint8_t* name, std::uint8_t* iv, EVP_CIPHER_CTX* cipher, HMAC_CTX* hmac,
                         int encrypt) {
  auto* keys = static_cast<TicketKeys*>(SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), context_slot()));
  Key key;
  int found = 1;
  if (encrypt == 1) {
    key = keys->current();
    std::memcpy(name, key.name.data(), key.name.size());
    if (RAND_bytes(iv, 16) != 1) return -1;
  } else {
    found = keys->find(name, key);
    if (found == 0) return 0;
  }
  const EVP_CIPHER* aes = EVP_aes_256_cbc();
  const bool ready = (encrypt == 1 ? EVP_EncryptInit_ex(cipher, aes, nullptr, key.aes.data(), iv)
                                   : EVP_DecryptInit_ex(cipher, aes, nullptr, key.aes.data(), iv)) == 1 &&
                     HMAC_Init_ex(hmac, key.hmac.data(), key.hmac.size(), EVP_sha256(), nullptr) == 1;
  return ready ? found : -1;
}

}  // namespace fairlead::tls
