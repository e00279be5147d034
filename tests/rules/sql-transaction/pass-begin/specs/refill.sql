-- größe {% if full %}
BEGIN TRANSACTION;
  delete from mart.t;
  insert into mart.t select 1; -- {{ nothing }}
END;
