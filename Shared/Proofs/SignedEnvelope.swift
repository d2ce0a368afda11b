public import Foundation
import Jobs

/// A payload with its signature: a DSSE envelope (secure-systems-lab/dsse, version 1.0.2).
public struct SignedEnvelope: Equatable, Sendable {
    public let payload: Data
    public let type: String
    public let signature: [UInt8]
    /// The fingerprint of the key that signed.
    public let keyID: String

    /// Signs `payload`, which is of the media type `type`.
    public init(_ payload: Data, type: String, signedBy key: SigningKey) {
        (self.payload, self.type) = (payload, type)
        signature = key.sign(SignedEnvelope.preAuthentication(type, payload))
        keyID = key.verifying.id
    }

    /// Reads an envelope with one signature, in canonical JSON and in no other form.
    ///
    /// - Throws: `ProofError` saying what it is not.
    public init(reading data: Data) throws {
        guard let json = try? JSONDecoder().decode(JSON.self, from: data),
            let text = json["payload"]?.string, let payload = Data(base64Encoded: text),
            let type = json["payloadType"]?.string,
            case .array(let signatures) = json["signatures"], signatures.count == 1,
            let code = signatures[0]["sig"]?.string, let signature = Data(base64Encoded: code),
            let keyID = signatures[0]["keyid"]?.string
        else { throw ProofError("this is no DSSE envelope with one signature") }
        (self.payload, self.type) = (payload, type)
        (self.signature, self.keyID) = (Array(signature), keyID)
        guard canonical == data else {
            throw ProofError("the envelope is not in its canonical form, so it was changed")
        }
    }

    /// Reads an envelope's file.
    ///
    /// - Throws: `ProofError`, which names the file.
    public init(file: URL) throws {
        guard let data = try? Data(contentsOf: file) else {
            throw ProofError("\(file.path) cannot be read")
        }
        do {
            try self.init(reading: data)
        } catch let error as ProofError { throw ProofError("\(file.path): \(error)") }
    }

    /// - Throws: `ProofError` unless one of `keys` signed exactly this.
    public func check(_ keys: [VerifyingKey]) throws {
        guard let key = keys.first(where: { $0.id == keyID }) ?? keys.first else { return }
        try check(key)
    }

    /// - Throws: `ProofError` unless `key` signed exactly this.
    public func check(_ key: VerifyingKey) throws {
        guard keyID == key.id else {
            throw ProofError("it was signed with the key \(keyID), not with \(key.id)")
        }
        let message = SignedEnvelope.preAuthentication(type, payload)
        guard key.verifies(signature, of: message) else {
            throw ProofError("the signature does not fit: the content was changed after signing")
        }
    }

    public var canonical: Data {
        JSON.object([
            "payload": .string(payload.base64EncodedString()), "payloadType": .string(type),
            "signatures": .array([
                .object([
                    "keyid": .string(keyID), "sig": .string(Data(signature).base64EncodedString()),
                ])
            ]),
        ]).canonical
    }

    /// What is signed: PAE of the DSSE protocol.
    static func preAuthentication(_ type: String, _ payload: Data) -> [UInt8] {
        Array("DSSEv1 \(type.utf8.count) \(type) \(payload.count) ".utf8) + payload
    }
}
