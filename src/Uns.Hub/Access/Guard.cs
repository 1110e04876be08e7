using System.Reflection;
using Uns.Ui.Access;

namespace Uns.Hub.Access;

/// <summary>Stands before a book and lets through what the visitor may do by <see cref="BookRoles"/>, at each call anew.</summary>
internal class Guard<T> : DispatchProxy
    where T : class
{
    private T _book = null!;
    private Visitor _visitor = null!;

    /// <summary>The book as a visitor gets it.</summary>
    public static T Of(T book, Visitor visitor)
    {
        var proxy = Create<T, Guard<T>>();
        var guard = (Guard<T>)(object)proxy;
        (guard._book, guard._visitor) = (book, visitor);
        return proxy;
    }

    /// <inheritdoc/>
    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
    {
        _visitor.Demand(BookRoles.Of(typeof(T), targetMethod!.Name) ?? Role.Administrator);
        return targetMethod.Invoke(_book, BindingFlags.DoNotWrapExceptions, binder: null, args, culture: null);
    }
}
