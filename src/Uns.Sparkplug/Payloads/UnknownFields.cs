namespace Uns.Sparkplug.Payloads;

/// <summary>Gathers the fields of one message that are not known, as they came and in their order, so that they can be written again.</summary>
/// <param name="block">The message's bytes.</param>
/// <remarks>Fields that stand side by side, as writers put them, are copied once.</remarks>
internal ref struct UnknownFields(ReadOnlySpan<byte> block)
{
    private readonly ReadOnlySpan<byte> _block = block;
    private List<byte>? _earlier;
    private int _from;
    private int _to;

    /// <summary>Leaves out the field behind the tag just taken, and keeps it.</summary>
    /// <param name="cursor">Stands behind the tag.</param>
    /// <param name="tag">The tag.</param>
    /// <param name="at">Where in the message the tag began.</param>
    public void Keep(ref WireCursor cursor, uint tag, int at)
    {
        cursor.Skip(tag);
        if (at != _to)
        {
            PutAside();
            _from = at;
        }

        _to = cursor.Position;
    }

    /// <summary>All that was kept; null when that is nothing.</summary>
    public byte[]? Take()
    {
        if (_earlier is null)
        {
            return _to > _from ? _block[_from.._to].ToArray() : null;
        }

        PutAside();
        return [.. _earlier];
    }

    private void PutAside()
    {
        if (_to > _from)
        {
            (_earlier ??= []).AddRange(_block[_from.._to]);
        }
    }
}
