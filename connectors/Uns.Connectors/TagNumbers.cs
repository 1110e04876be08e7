namespace Uns.Connectors;

/// <summary>Finds a tag's place in its device by its name. Takes six bytes a tag: the names themselves stay where they are.</summary>
/// <remarks>Immutable; safe for many threads.</remarks>
public sealed class TagNumbers
{
    private readonly Func<int, string> _nameOf;

    // One more than the place, or zero. A third of the slots stays empty; a name stands in the first free one behind its hash.
    private readonly int[] _slots;

    /// <summary>Takes the names once.</summary>
    /// <param name="count">How many tags there are.</param>
    /// <param name="nameOf">The name of each, which never changes.</param>
    /// <exception cref="ArgumentException">Two have the same name.</exception>
    public TagNumbers(int count, Func<int, string> nameOf)
    {
        _nameOf = nameOf;
        _slots = new int[(count * 3 / 2) + 1];
        for (var number = 0; number < count; number++)
        {
            var name = nameOf(number);
            var slot = SlotOf(name);
            _slots[slot] = _slots[slot] == 0 ? number + 1 : throw new ArgumentException($"Two tags are named '{name}'.", nameof(nameOf));
        }
    }

    /// <summary>The place of a tag, from zero; negative when no tag has this name.</summary>
    public int Find(string name) => _slots[SlotOf(name)] - 1;

    // Where the name stands, or would.
    private int SlotOf(string name)
    {
        var slot = (int)((uint)name.GetHashCode(StringComparison.Ordinal) % (uint)_slots.Length);
        while (_slots[slot] != 0 && !string.Equals(_nameOf(_slots[slot] - 1), name, StringComparison.Ordinal))
        {
            slot = slot + 1 == _slots.Length ? 0 : slot + 1;
        }

        return slot;
    }
}
