_base_ = '../plain/x3d-m_arid.py'

model = dict(cls_head=dict(label_smooth_eps=0.1))
