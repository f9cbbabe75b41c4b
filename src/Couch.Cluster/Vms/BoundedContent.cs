using System.Globalization;
using System.Net;

namespace Couch.Cluster.Vms;

/// <summary>
/// A provider's answer with a limit on its size. Its reader gets an <see cref="AnswerTooLargeException"/> at the first byte beyond
/// the limit, or before the first byte when the answer states a larger length.
/// </summary>
internal sealed class BoundedContent : HttpContent
{
    private readonly HttpContent answer;
    private readonly long mostBytes;

    public BoundedContent(HttpContent answer, long mostBytes)
    {
        (this.answer, this.mostBytes) = (answer, mostBytes);
        // The length is not copied: memory would be allocated for a length that is only claimed.
        foreach (var (name, values) in answer.Headers.NonValidated)
        {
            if (!name.Equals("Content-Length", StringComparison.OrdinalIgnoreCase))
                Headers.TryAddWithoutValidation(name, values);
        }
    }

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }

    protected override Task<Stream> CreateContentReadStreamAsync() => CreateContentReadStreamAsync(CancellationToken.None);

    protected override async Task<Stream> CreateContentReadStreamAsync(CancellationToken cancellationToken)
    {
        if (answer.Headers.ContentLength > mostBytes)
            throw new AnswerTooLargeException(mostBytes);
        return new BoundedStream(await answer.ReadAsStreamAsync(cancellationToken), mostBytes);
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        await using var bounded = await CreateContentReadStreamAsync(cancellationToken);
        await bounded.CopyToAsync(stream, cancellationToken);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            answer.Dispose();
        base.Dispose(disposing);
    }

    private sealed class BoundedStream(Stream answer, long mostBytes) : Stream
    {
        private long taken;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override int Read(byte[] buffer, int offset, int count) => Taken(answer.Read(buffer, offset, count));

        public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
            ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            Taken(await answer.ReadAsync(buffer, cancellationToken));

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            if (disposing)
                answer.Dispose();
            base.Dispose(disposing);
        }

        private int Taken(int bytes) => (taken += bytes) <= mostBytes ? bytes : throw new AnswerTooLargeException(mostBytes);
    }
}

/// <summary>An answer exceeds its limit. HTTP's own client wraps this exception: ask <see cref="IsCauseOf"/>.</summary>
internal sealed class AnswerTooLargeException(long mostBytes) : IOException(
    string.Create(CultureInfo.InvariantCulture, $"the answer is larger than {mostBytes / 1024:N0} KiB"))
{
    public static bool IsCauseOf(Exception failure) => failure.GetBaseException() is AnswerTooLargeException;
}
