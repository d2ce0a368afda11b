import CCrypto
import Foundation

private let tagLength = 16

/// AES-256-GCM of `text`, the tag at its end; `bound` is authenticated but not kept.
func seal(
    _ text: [UInt8],
    under key: [UInt8],
    nonce: [UInt8],
    bound: [UInt8]
) throws -> [UInt8] {
    let context = EVP_CIPHER_CTX_new()
    defer { EVP_CIPHER_CTX_free(context) }
    var (result, length) = ([UInt8](repeating: 0, count: text.count), Int32(0))
    var tag = [UInt8](repeating: 0, count: tagLength)
    guard key.count == 32, nonce.count == 12,
        EVP_EncryptInit_ex(context, EVP_aes_256_gcm(), nil, key, nonce) == 1,
        EVP_EncryptUpdate(context, nil, &length, bound, Int32(bound.count)) == 1,
        EVP_EncryptUpdate(context, &result, &length, text, Int32(text.count)) == 1,
        EVP_EncryptFinal_ex(context, nil, &length) == 1,
        EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, Int32(tagLength), &tag) == 1
    else { throw ProofError("libcrypto cannot seal with AES-256-GCM") }
    return result + tag
}

/// The text that `seal` sealed.
///
/// - Throws: `ProofError` unless key, nonce, bound bytes, text and tag are all as they were.
func unseal(
    _ sealed: [UInt8],
    under key: [UInt8],
    nonce: [UInt8],
    bound: [UInt8]
) throws -> [UInt8] {
    guard sealed.count >= tagLength, key.count == 32, nonce.count == 12 else {
        throw ProofError("the sealed list is cut short")
    }
    let text = Array(sealed.dropLast(tagLength))
    var tag = Array(sealed.suffix(tagLength))
    let context = EVP_CIPHER_CTX_new()
    defer { EVP_CIPHER_CTX_free(context) }
    var (result, length) = ([UInt8](repeating: 0, count: text.count), Int32(0))
    guard EVP_DecryptInit_ex(context, EVP_aes_256_gcm(), nil, key, nonce) == 1,
        EVP_DecryptUpdate(context, nil, &length, bound, Int32(bound.count)) == 1,
        EVP_DecryptUpdate(context, &result, &length, text, Int32(text.count)) == 1,
        EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, Int32(tagLength), &tag) == 1,
        EVP_DecryptFinal_ex(context, nil, &length) == 1
    else { throw ProofError("the sealed list does not open: another key, or it was changed") }
    return result
}
