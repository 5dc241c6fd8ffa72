extension ByteBuffer {
    public mutating func appendBase64Decoded(_ text: ByteView) -> Bool { false }
}
