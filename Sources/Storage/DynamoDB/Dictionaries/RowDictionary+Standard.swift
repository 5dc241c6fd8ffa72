import Platform

extension RowDictionary {
    /// The dictionary that ships with the program: what new tables begin with, and what is good enough for as long as nobody trains one on rows of
    /// the deployment's own. Made from generated traffic of several contact centers, so it holds no fact of any.
    package static let standard: RowDictionary = {
        var bytes = ByteBuffer(capacity: 64 << 10)
        let isBase64 = bytes.appendBase64Decoded(StandardDictionary.base64.view)
        guard isBase64, let dictionary = RowDictionary(bytes.array) else {
            preconditionFailure("the dictionary that the program ships is damaged")
        }
        return dictionary
    }()
}
