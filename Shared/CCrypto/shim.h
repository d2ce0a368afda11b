// SHA256_Init and its like, which OpenSSL 3 would rather have behind EVP: there each hash looks its
// algorithm up under a lock, which for 400 bytes costs as much as the hash.
#define OPENSSL_API_COMPAT 0x10101000L
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
