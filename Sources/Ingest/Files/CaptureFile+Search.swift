import Glibc
import Platform

extension CaptureFile {
    /// What `paths` name: files themselves, and of directories the captures in them, at any depth, sorted by path. A file that
    /// is reached twice is there once.
    ///
    /// `-` is standard input. `others`: what in the directories is called like a capture and is no file.
    static func find(_ paths: [String]) throws(FileSourceError) -> (files: [CaptureFile], others: [String]) {
        var files: [CaptureFile] = []
        var others: [String] = []
        var known: Set<String> = []
        for path in paths {
            if path == "-" {
                if known.insert(path).inserted { files.append(try CaptureFile(standardInput: path)) }
                continue
            }
            let found: [String]
            switch try kind(path) {
            case .directory:
                found = try captures(inDirectory: path, others: &others).sorted {
                    Array($0.utf8).lexicographicallyPrecedes(Array($1.utf8))
                }
                if found.isEmpty { throw .noCaptures(path: path) }
            case .file: found = [path]
            case .other: throw .notAFile(path: path)
            }
            for path in found {
                let realPath = try resolve(path)
                if known.insert(realPath).inserted { files.append(try CaptureFile(path: path, realPath: realPath)) }
            }
        }
        return (files, others)
    }

    private enum Kind {
        case file
        case directory
        case other
    }

    private static func kind(_ path: String) throws(FileSourceError) -> Kind {
        var status = stat()
        guard stat(path, &status) == 0 else {
            throw .unavailable(path: path, action: "find", reason: FileSourceError.reason())
        }
        switch status.st_mode & S_IFMT {
        case S_IFREG: return .file
        case S_IFDIR: return .directory
        default: return .other
        }
    }

    private static func resolve(_ path: String) throws(FileSourceError) -> String {
        guard let resolved = realpath(path, nil) else {
            throw .unavailable(path: path, action: "resolve", reason: FileSourceError.reason())
        }
        defer { free(resolved) }
        return String(cString: resolved)
    }

    /// Symbolic links are followed to files and not to directories, which could lead in circles.
    private static func captures(
        inDirectory directory: String, others: inout [String]
    ) throws(FileSourceError) -> [String] {
        let names = try list(directory)
        // A store of this program: its own files are no captures.
        if names.contains("CURRENT"), names.contains("IDENTITY") { return [] }
        var found: [String] = []
        for name in names where !name.hasPrefix(".") {
            let path = directory.hasSuffix("/") ? directory + name : "\(directory)/\(name)"
            var status = stat()
            guard lstat(path, &status) == 0 else {
                throw .unavailable(path: path, action: "examine", reason: FileSourceError.reason())
            }
            switch status.st_mode & S_IFMT {
            case S_IFDIR: found += try captures(inDirectory: path, others: &others)
            case S_IFREG where isCapture(name): found.append(path)
            case S_IFLNK where isCapture(name): if try kind(path) == .file { found.append(path) }
            case S_IFIFO where isCapture(name), S_IFSOCK where isCapture(name), S_IFCHR where isCapture(name),
                S_IFBLK where isCapture(name):
                others.append(path)
            default: continue
            }
        }
        return found
    }

    private static func list(_ directory: String) throws(FileSourceError) -> [String] {
        guard let stream = opendir(directory) else {
            throw .unavailable(path: directory, action: "list", reason: FileSourceError.reason())
        }
        defer { closedir(stream) }
        var names: [String] = []
        errno = 0
        while let entry = readdir(stream) {
            let bytes = withUnsafeBytes(of: &entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
            let name = String(decoding: bytes, as: UTF8.self)
            guard name.utf8.elementsEqual(bytes) else {
                let isNoMatter = entry.pointee.d_type != DT_DIR && (name.hasPrefix(".") || !isCapture(name))
                guard isNoMatter else { throw .unnameable(path: "\(directory)/\(name)") }
                errno = 0
                continue
            }
            if name != ".", name != ".." { names.append(name) }
            errno = 0
        }
        guard errno == 0 else { throw .unavailable(path: directory, action: "list", reason: FileSourceError.reason()) }
        return names
    }

    /// Whether a file of this name in a directory is taken for a capture.
    static func isCapture(_ name: String) -> Bool {
        var name = Substring(name.lowercased())
        for suffix in [".gz", ".zst", ".zstd"] where name.hasSuffix(suffix) {
            name.removeLast(suffix.count)
            break
        }
        guard name != DeadLetterFile.defaultName else { return false }
        guard let dot = name.lastIndex(of: ".") else { return true }
        return [".json", ".jsonl", ".ndjson", ".log", ".txt", ".capture"].contains(name[dot...])
    }
}
