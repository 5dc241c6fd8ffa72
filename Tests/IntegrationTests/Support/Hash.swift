import Foundation
import Platform

func sha256(_ data: Data) -> String {
    var hash = SHA256()
    data.withUnsafeBytes { hash.update($0) }
    return hash.finalizeHex()
}
