package externals3_test
import ("testing";"fmt";"muster/internal/objects";"strings";"muster/internal/externals3";"muster/internal/objects/objectstest")
func TestZZ(t *testing.T) {
	s := externals3.New(muster(t), region, credential)
	m := objectstest.NewModel()
	ctx := t.Context()
	for _, k := range []objects.Keeper{s, m} {
	must(t, k.MakeBucket(ctx, "bbb"))
	must(t, k.SetVersioning(ctx, "bbb", objects.Enabled))
	for i := range 2 { _, err := k.Put(ctx, objects.Put{Bucket:"bbb",Key:"\x00",Body:objects.Body{Reader:strings.NewReader(strings.Repeat("x",i)),Size:int64(i)}}); must(t, err) }
	l, err := k.ListVersions(ctx, objects.List{Bucket:"bbb",Max:1})
	fmt.Printf("%+v %v\n", l, err)
	}
	_, err := s.Head(ctx, objects.Read{Ref: objects.Ref{Bucket:"bbb",Key:"k",Version:strings.Repeat("z", 1500)}})
	fmt.Println(err)
	for _, id := range []string{"never", "\x00", "ü","v000001/"} {
	_, err = s.Copy(ctx, objects.Copy{From: objects.Ref{Bucket:"bbb",Key:"\x00",Version:id},Bucket:"bbb", Key:"c"})
	fmt.Println(id, err)
	_, err = s.Get(ctx, objects.Read{Ref: objects.Ref{Bucket:"bbb",Key:"k",Version:id}})
	fmt.Println(id, err)
	}
}
