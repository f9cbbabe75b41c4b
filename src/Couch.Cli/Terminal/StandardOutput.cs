using System.Runtime.InteropServices;

namespace Couch.Cli.Terminal;

/// <summary>Whoever read standard output has had enough: <c>couch events --follow | head -1</c>.</summary>
internal sealed class ReaderGoneException() : IOException("standard output is closed");

/// <summary>
/// Standard output that says when its reader has gone. .NET's own drops what is written then, so that a command which goes on would never
/// end.
/// </summary>
internal sealed class StandardOutput : Stream
{
    private const int Descriptor = 1;
    private const int Interrupted = 4;
    private const int TryAgain = 11;
    private const int BrokenPipe = 32;
    private bool isGone;

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public static Stream Open() => OperatingSystem.IsLinux() ? new StandardOutput() : Console.OpenStandardOutput();

    /// <exception cref="ReaderGoneException">The reader has gone. It is said once; what follows is dropped.</exception>
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        while (!isGone && buffer.Length > 0)
        {
            var written = WriteTo(Descriptor, in MemoryMarshal.GetReference(buffer), buffer.Length);
            if (written >= 0)
                buffer = buffer[(int)written..];
            else
                Explain(Marshal.GetLastPInvokeError());
        }
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    private void Explain(int error)
    {
        switch (error)
        {
            case Interrupted:
                return;
            case TryAgain:
                // Somebody else has made the descriptor non-blocking, and its reader is slow.
                Thread.Yield();
                return;
            case BrokenPipe:
                isGone = true;
                throw new ReaderGoneException();
            default:
                isGone = true;
                throw new IOException($"standard output cannot be written: {Marshal.GetPInvokeErrorMessage(error)}");
        }
    }

    [DllImport("libc", EntryPoint = "write", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern nint WriteTo(int descriptor, in byte buffer, nint count);
}
